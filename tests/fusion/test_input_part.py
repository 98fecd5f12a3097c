"""What the header of a fusion must be, whoever wrote the file."""

import pytest
from pydantic import ValidationError

from spectra_dl.fusion.input_part import FusedClinical, FusedColumn

AGE = {"name": "age", "kind": "numeric"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({**AGE, "levels": ["a"]}, "levels where it is ordinal"),
        ({"name": "sex", "kind": "category"}, "levels where it is ordinal"),
        ({"name": "sex", "kind": "ordinal", "levels": ["f", "f"]}, "a level twice"),
        ({"name": "sex", "kind": "ordinal", "levels": ["f"], "date": True}, "dates is numeric"),
        (
            {"name": "g", "kind": "ordinal", "levels": ["a"], "power": {"scale": 1.0, "exponent": 0.0}},
            "numeric column alone",
        ),
        ({**AGE, "power": {"scale": 0.0, "exponent": 0.0}}, "greater than 0"),
        ({**AGE, "power": {"scale": 1.0, "exponent": 9.0}}, "less than or equal to 2"),
    ],
)
def test_a_column_that_nothing_writes_is_refused(column, message):
    with pytest.raises(ValidationError, match=message):
        FusedColumn(**column)


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        ("clinical", [AGE, AGE], "two columns have one name"),
        ("clin\x1b[2Jical", [AGE], "control characters"),
    ],
)
def test_a_block_that_nothing_writes_is_refused(name, columns, message):
    with pytest.raises(ValidationError, match=message):
        FusedClinical(name=name, patients=3, columns=columns)


def test_powers_stand_where_their_column_does():
    town = {"name": "town", "kind": "category", "levels": ["a", "b"]}
    psa = {"name": "psa", "kind": "numeric", "power": {"scale": 8.5, "exponent": -0.5}}
    powers = FusedClinical(name="clinical", patients=3, columns=[town, psa, AGE]).powers()
    assert powers.scale.tolist() == [1, 1, 8.5, 1]
    assert powers.exponent.tolist() == [1, 1, -0.5, 1]
