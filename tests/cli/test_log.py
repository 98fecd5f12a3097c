"""On a terminal a bar moves while the command works, and is gone before the result is printed."""

import re

import pytest

from command_line import on_a_terminal, run

BAR, CURSOR_SHOWN = "\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\x1b[?25h"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 12, "--spectra-per-patient", 1)
    return folder / "spectra.csv"


def test_the_bar_is_gone_before_the_result(study):
    shown = on_a_terminal("audit", study, "--label", "label", "--patient", "patient_id")
    before, result = shown.split("Audit:", 1)
    assert BAR in before
    assert " done: audit: " in before
    assert before.rindex(CURSOR_SHOWN) > before.rindex(BAR)
    assert BAR not in result
    assert not re.search(r"\x1b\[[0-9;?]*[^0-9;?m]", result)  # nothing but colours


def test_a_quiet_terminal_shows_no_bar(study):
    shown = on_a_terminal("audit", study, "--label", "label", "--patient", "patient_id", "--quiet")
    assert BAR not in shown
    assert "Audit:" in shown
