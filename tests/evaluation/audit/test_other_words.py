"""A column that is what is predicted in other words is found, whatever its unit; columns that merely go with it are not."""

import numpy as np
import pytest

from spectra_dl.evaluation.audit.other_words import check_other_words, largest_correlation

OF_ROW = np.repeat(np.arange(20), 2)
MONTHS = np.random.default_rng(0).exponential(20, size=20)


def cells(values):
    return [f"{value:.6g}" if np.isfinite(value) else "" for value in values[OF_ROW]]


@pytest.mark.parametrize(
    "column", [30.4 * MONTHS, -MONTHS, np.log(MONTHS), np.where(MONTHS > 10, MONTHS, np.nan)]
)
def test_other_units_signs_curves_and_gaps_are_found(column):
    (found,) = check_other_words({"other": cells(column)}, OF_ROW, [MONTHS], "The time to relapse")
    assert found.severity == "stop"
    assert "The time to relapse is said by column 'other'" in found.sentence


def test_what_goes_with_it_closely_warns():
    near = MONTHS * np.exp(np.random.default_rng(1).normal(0, 0.6, size=20))
    (found,) = check_other_words({"near": cells(near)}, OF_ROW, [MONTHS], "It")
    assert found.severity == "warn"


def test_texts_dates_constants_and_columns_that_differ_within_a_patient_say_nothing():
    within = [f"{value + at % 2:.6g}" for at, value in enumerate(MONTHS[OF_ROW])]
    columns = {
        "words": ["a"] * 40,
        "dates": ["2024-01-01"] * 40,
        "constant": ["7"] * 40,
        "within": within,
        "chance": cells(np.random.default_rng(2).normal(size=20)),
        "empty": [""] * 40,
    }
    assert check_other_words(columns, OF_ROW, [MONTHS], "It") == []


def test_few_patients_have_no_correlation():
    assert largest_correlation(np.arange(9.0), np.arange(9.0)) == 0.0
