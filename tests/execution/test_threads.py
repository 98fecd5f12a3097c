"""Threads that are limited for a job are given back after it."""

import subprocess
import sys

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
