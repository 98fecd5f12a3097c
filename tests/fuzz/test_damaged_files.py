"""Damaged files are read as promised or refused in a sentence: a short run of what ``benchmarks/robustness/fuzz.py`` does at length."""

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzing import TARGETS, attempt, mutated

EXAMPLES_EACH = 40


@pytest.mark.parametrize("name", TARGETS)
def test_the_files_that_are_damaged_are_whole_at_first(name, tmp_path):
    target = TARGETS[name]
    for number, data in enumerate(target.seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert attempt(target, data, folder, measure=False)


@pytest.mark.parametrize("name", TARGETS)
@given(random=st.randoms(use_true_random=False))
@settings(
    max_examples=EXAMPLES_EACH,
    deadline=None,
    # The same examples each time: what is new is looked for by the benchmark, not by whoever runs the tests next.
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
def test_a_damaged_file_is_read_as_promised_or_refused_in_a_sentence(name, random, tmp_path):
    target, folder = TARGETS[name], tmp_path / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    attempt(target, mutated(target.seeds(), random), folder)
