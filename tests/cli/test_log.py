"""On a terminal a bar moves while the command works, and is gone before the result is printed."""

import io
import logging
import re
import sys
import warnings

import pytest

from command_line import on_a_terminal, run
from spectra_dl.errors import SpectraDLWarning
from spectra_dl_cli.log import logged_to_stderr

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


LOG = logging.getLogger("spectra_dl.some_room")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said() -> None:
    """Say what a command says while it works."""
    LOG.info("1 of 3 done: fold 1", extra={"done": 1, "total": 3})
    LOG.debug("epoch 2 of 5", extra={"epoch": 2, "epochs": 5})
    LOG.debug("a detail")
    LOG.info("jobs nobody counts", extra={"total": None})
    LOG.info("training on all spectra")
    warnings.warn("a spectrum is short", SpectraDLWarning, stacklevel=1)
    warnings.warn("of another package", UserWarning, stacklevel=1)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("terminal", [Terminal, io.StringIO])
def test_bars_are_drawn_on_a_terminal_alone_and_by_the_first_process(monkeypatch, terminal, first):
    stream = terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    for name, value in {"RANK": 0 if first else 1, "WORLD_SIZE": 2, "LOCAL_RANK": 0, "TERM": "xterm"}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.warns(UserWarning, match="of another package"), logged_to_stderr():
        said()
    shown = stream.getvalue()
    assert "Warning: a spectrum is short" in shown
    assert "a detail" not in shown
    assert ("training on all spectra" in shown) is first
    assert (BAR in shown) is (first and terminal is Terminal)
    assert ("epoch 2 of 5" in shown) is (first and terminal is Terminal)
    assert "jobs nobody counts" not in shown or terminal is not Terminal
