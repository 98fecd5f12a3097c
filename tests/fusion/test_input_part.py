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
