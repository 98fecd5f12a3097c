"""On a terminal a bar moves while the command works, and is gone before the result is printed."""

import os
import subprocess

import pytest

from command_line import command, run

BAR, CURSOR_SHOWN = "\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\x1b[?25h"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "s"
    run("simulate", folder, "--patients", 12, "--spectra-per-patient", 1)
    return folder / "spectra.csv"


def on_a_terminal(*words):
    """Return what a command prints where standard output and error are one terminal."""
    ours, terminal = os.openpty()
    with subprocess.Popen(
        command(*words), stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(terminal)
        output = b""
        while True:
            try:
                part = os.read(ours, 100_000)
            except OSError:  # how Linux says that the other side has closed
                break
            if not part:
                break
            output += part
    os.close(ours)
    assert process.returncode == 0
    return output.decode("utf-8", "replace")


def test_the_bar_is_gone_before_the_result(study):
    shown = on_a_terminal("audit", study, "--label", "label", "--patient", "patient_id")
    before, result = shown.split("Audit:", 1)
    assert BAR in before
    assert " done: audit: " in before
    assert before.rindex(CURSOR_SHOWN) > before.rindex(BAR)
    assert BAR not in result
    assert "\x1b[" not in result


def test_a_quiet_terminal_shows_no_bar(study):
    shown = on_a_terminal("audit", study, "--label", "label", "--patient", "patient_id", "--quiet")
    assert BAR not in shown
    assert "Audit:" in shown
