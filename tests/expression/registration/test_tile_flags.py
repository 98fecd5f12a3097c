"""Glass, black edges and strange colours are noticed; ordinary sections are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.registration.tile_flags import (
    BACKGROUND,
    BLACK,
    SectionThumbnail,
    exchanged_colours,
    flagged_spots,
    strange_colour,
    tissue_colour,
    tissue_under_spots,
)
from spectra_dl.expression.simulation.tissue_study import InMemoryImage, TissueSettings, simulate_tissue


@pytest.fixture(scope="module")
def section():
    """A simulated section of 61 spots."""
    return simulate_tissue(TissueSettings(1, 1, 10, 10, seed=2))[0].section


def with_image(section, pixels):
    """Return the section with another image."""
    return replace(section, image=InMemoryImage(section.image.path, pixels))


def around(section, spot, value):
    """Return the section with its image overwritten around a spot."""
    pixels = section.image.pixels.copy()
    x, y = (section.position_um[spot] / section.um_per_pixel).astype(int)
    pixels[y - 30 : y + 30, x - 30 : x + 30] = value
    return with_image(section, pixels)


def test_an_ordinary_section_has_no_black_spots_and_hardly_any_glass(section):
    flags = flagged_spots(section)
    assert BLACK not in flags
    assert (flags == BACKGROUND).mean() < 0.1


@pytest.mark.parametrize(("value", "flag"), [(5, BLACK), (242, BACKGROUND)])
def test_a_black_or_empty_place_is_flagged_where_it_is(section, value, flag):
    spot = len(section) // 2
    flags = flagged_spots(around(section, spot, value))
    assert flags[spot] == flag
    assert (flags == flag).sum() <= (flagged_spots(section) == flag).sum() + 1


def test_a_spot_without_a_place_has_no_flag(section):
    place = section.position_um.copy()
    place[0] = np.nan
    reason = section.reason.copy()
    reason[0] = "no position"
    assert flagged_spots(replace(section, position_um=place, reason=reason))[0] == ""


def test_a_small_image_that_is_there_is_not_decoded_again(section):
    small = SectionThumbnail.of(section)
    unreadable = replace(section, image=None)
    assert tissue_colour(unreadable, small) == tissue_colour(section)
    np.testing.assert_array_equal(tissue_under_spots(unreadable, small), tissue_under_spots(section))


def test_another_stain_is_noticed_and_the_patients_own_is_not(section):
    known = {
        f"s{seed}": tissue_colour(simulate_tissue(TissueSettings(1, 1, 10, 10, seed=seed))[0].section)
        for seed in range(3, 6)
    }
    assert strange_colour(section, known) is None
    bluish = np.clip(section.image.pixels * np.array([0.6, 1.0, 1.0]), 0, 255).astype(np.uint8)
    warning = strange_colour(with_image(section, bluish), known)
    assert warning is not None
    assert "red and blue swapped" in warning
    assert len(warning) <= 500


def test_red_and_blue_exchanged_are_noticed_where_they_differ_on_average(section):
    less_red = np.clip(section.image.pixels * np.array([0.9, 1.0, 1.0]), 0, 255).astype(np.uint8)
    known = {"s": tissue_colour(with_image(section, less_red))}
    assert strange_colour(with_image(section, less_red), known) is None
    warning = strange_colour(with_image(section, less_red[..., ::-1]), known)
    assert warning is not None
    assert "if red and blue were exchanged" in warning


# Of real sections (her2st C2 to C5), as `tissue_colour` gives them.
REAL = {
    "C2": (136.0, 126.0, 169.0),
    "C3": (167.0, 145.0, 184.0),
    "C4": (158.0, 138.0, 177.0),
    "C5": (168.0, 147.0, 185.0),
}


def test_sections_of_one_study_are_compared_with_each_other():
    assert exchanged_colours(REAL) == []
    assert exchanged_colours({"C2": REAL["C2"]}) == []
    for name in ("C3", "C4", "C5"):  # C2 is too far from them either way
        notes = exchanged_colours({**REAL, name: REAL[name][::-1]})
        assert notes, name
        assert len(notes) < len(REAL)
        assert "if red and blue were exchanged: red and blue swapped in one of them" in notes[0]


def test_real_sections_of_another_patient_pass_and_swapped_ones_do_not(shared_data):
    folder = shared_data / "st" / "her2st" / "counts"
    names = ("C2", "C3", "B4")
    sections = {name: read_section(SectionSource(folder / f"{name}.tsv.gz", name)) for name in names}
    known = {name: tissue_colour(sections[name]) for name in ("C2", "C3")}
    assert strange_colour(sections["B4"], known) is None
    pixels, scale = sections["B4"].image.thumbnail(1500)
    small = InMemoryImage(sections["B4"].image.path, pixels[..., ::-1].copy())
    swapped = replace(sections["B4"], image=small, um_per_pixel=sections["B4"].um_per_pixel / scale)
    assert strange_colour(swapped, known) is not None
