"""One pixel size from all that state it."""

import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size

PITCH = PixelSize(1.0, "from the array's pitch", measured=True)
FIELD = PixelSize(2.0, "from the slide's field")


def test_the_surest_statement_holds_where_all_agree():
    size, notes = agreed_pixel_size(None, [None, PITCH, PixelSize(1.04, "from a field")], "a.h5ad")
    assert (size, notes) == (PITCH, ())


def test_two_statements_that_differ_are_refused_with_both():
    with pytest.raises(
        DataError,
        match=r"a\.h5ad: 1 µm per pixel from the array's pitch, but 2 from the slide's field; .*--mpp",
    ):
        agreed_pixel_size(None, [PITCH, FIELD], "a.h5ad")


def test_a_given_size_that_the_pitch_contradicts_is_refused_with_the_ratio():
    with pytest.raises(DataError, match=r"4 µm per pixel given are 4 times the 1 from the array's pitch"):
        agreed_pixel_size(4.0, [PITCH], "a.h5ad")


def test_a_given_size_wins_over_a_field_and_says_so():
    size, notes = agreed_pixel_size(1.0, [PITCH, FIELD], "a.h5ad")
    assert size.um_per_pixel == 1.0
    assert notes == (
        "a.h5ad: the 1 µm per pixel given are 0.5 times the 2 from the slide's field; what is given is used",
    )


def test_without_any_statement_the_size_is_asked_for():
    with pytest.raises(DataError, match="does not say how many µm a pixel has; say --mpp"):
        agreed_pixel_size(None, [None], "a.h5ad")


MAGNIFIED = PixelSize(0.25, "by the magnification of 40", rough=True)


def test_a_magnification_is_never_used_but_named_where_nothing_else_is_stated():
    with pytest.raises(DataError, match=r"say --mpp.* \(by the magnification of 40 it is about 0\.25\)"):
        agreed_pixel_size(None, [MAGNIFIED], "a.svs")


@pytest.mark.parametrize("given", [None, 2.0])
def test_a_size_far_from_that_of_the_magnification_is_noted(given):
    size, notes = agreed_pixel_size(given, [FIELD, MAGNIFIED], "a.svs")
    assert size.um_per_pixel == 2.0
    (note,) = notes
    assert "are 8 times the about 0.25 by the magnification of 40; check which is right" in note


@pytest.mark.parametrize("um_per_pixel", [0.2, 0.25, 0.275])
def test_scanners_of_one_magnification_differ_without_a_note(um_per_pixel):
    assert agreed_pixel_size(None, [PixelSize(um_per_pixel, "from a field"), MAGNIFIED], "a.svs")[1] == ()
