"""Threads that are limited for a job are given back after it; parts worked on in threads all end."""

import subprocess
import sys
import threading

import pytest

from spectra_dl.execution.threads import in_threads

LOADED = """
import os, sys
{before}
from spectra_dl.execution.threads import limited_threads
with limited_threads(1):
    import torch
    assert torch.get_num_threads() == 1
print(torch.get_num_threads())
"""


def said(before, **variables):
    """What a process of its own says, with OMP_NUM_THREADS as given."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(before=before)],
        env={"PATH": "", "PYTHONPATH": ":".join(sys.path), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_torch_that_was_loaded_before_has_its_threads_back():
    assert said("import torch; torch.set_num_threads(3)") == 3


def test_torch_that_is_loaded_inside_gets_what_the_variable_says():
    assert said("", OMP_NUM_THREADS="3") == 3


def test_parts_are_worked_on_at_the_same_time_each_once():
    together, done = threading.Barrier(3), []

    def work(part):
        together.wait(timeout=60)  # broken unless all three are there at once
        done.append((part, threading.get_ident()))

    in_threads(work, "abc")
    assert sorted(part for part, _ in done) == ["a", "b", "c"]
    assert dict(done)["a"] == threading.get_ident()


@pytest.mark.parametrize("failing", ["a", "b"])
def test_what_a_part_raises_is_raised_once_all_have_ended(failing):
    done = []

    def work(part):
        if part == failing:
            raise ValueError(part)
        done.append(part)

    with pytest.raises(ValueError, match=failing):
        in_threads(work, "abc")
    assert sorted(done) == sorted(set("abc") - {failing})
