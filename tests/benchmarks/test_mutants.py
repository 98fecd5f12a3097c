"""Every deliberate mistake can still be made: its text stands once in its module, and its tests are there."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks" / "robustness" / "mutants"


def mutants():
    """All of them, imported as the benchmark imports them."""
    sys.path.insert(0, str(FOLDER))
    try:
        import audit_mutants
        import data_mutants
        import evaluation_mutants
    finally:
        sys.path.remove(str(FOLDER))
    return (*audit_mutants.MUTANTS, *data_mutants.MUTANTS, *evaluation_mutants.MUTANTS)


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_a_mistake_can_be_made(mutant):
    assert (ROOT / "spectra_dl" / mutant.path).read_text("utf-8").count(mutant.text) == 1
    assert all((ROOT / "tests" / test.partition("::")[0]).exists() for test in mutant.tests)
