"""A message can be shown, whatever stands in a foreign file's names and texts."""

import pytest

from spectra_dl.errors import DataError, EnvironmentFault, ModelFileError, UsageError


@pytest.mark.parametrize("kind", [DataError, EnvironmentFault, ModelFileError, UsageError])
def test_control_characters_are_escaped(kind):
    assert str(kind("a\x1b[31m\n\u2028b\u202e: µm")) == r"a\x1b[31m\n\u2028b\u202e: µm"


def test_a_message_that_is_too_long_keeps_file_and_remedy():
    shown = str(DataError("file.csv: " + "x" * 9_000 + "; export it again"))
    assert len(shown) == 500
    assert shown.startswith("file.csv: xx")
    assert shown.endswith("xx; export it again")


def test_a_plain_message_is_left_as_it_is():
    assert str(DataError("S1.csv line 2: café is no number")) == "S1.csv line 2: café is no number"
