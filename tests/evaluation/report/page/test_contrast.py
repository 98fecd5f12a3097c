"""Colours of the page are read by everybody: text has a contrast of 4.5 (WCAG AA), lines and bars one of 3, in light, dark and print."""

import re

import pytest

from spectra_dl.evaluation.report.page.environment import environment

TEXT = ("ink", "soft", "stop", "warn", "link")
GRAPHICS = ("c0", "c1", "c2", "c3", "c4", "c5", "zone")


def variables():
    """The colours of each mode by name; dark and print change some of those of light."""
    style = environment().get_template("style.css").render()
    blocks = re.findall(r"(@media[^{]*\{\s*)?:root \{(.*?)\}", style, re.DOTALL)
    modes = {"light": {}, "dark": {}, "print": {}}
    for media, text in blocks:
        found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", text))
        for name, colours in modes.items():
            if not media or name in media:
                colours.update(found)
    return modes


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
def test_text_and_figures_stand_out_from_what_is_behind_them(mode):
    colours = variables()[mode]
    grounds = [colours[name] for name in ("paper", "box", "tint")]
    faint = [name for name in TEXT for each in grounds if contrast(colours[name], each) < 4.5]
    faint += [name for name in GRAPHICS if contrast(colours[name], colours["box"]) < 3]
    faint += [name for name in ("stop", "warn") if contrast(colours[name], colours[f"{name}-tint"]) < 4.5]
    faint += [
        name
        for name in ("ink",)
        for tint in ("stop-tint", "warn-tint")
        if contrast(colours[name], colours[tint]) < 4.5
    ]
    assert faint == []


def test_black_on_white_has_the_contrast_that_it_has_by_definition():
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert set(variables()) == {"light", "dark", "print"}
    assert luminance(variables()["dark"]["paper"]) < 0.05 < luminance(variables()["print"]["paper"])
