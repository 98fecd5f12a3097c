"""Marks of spots under tissue, in every spelling that tools write, and in none that they don't."""

import numpy as np
import pytest

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.tissue_marks import (
    marks_tissue,
    may_mark_tissue,
    says_beside,
    states_tissue,
    tissue_marks,
)


@pytest.mark.parametrize(
    "values",
    [
        np.array([True, False, True]),
        np.array([1, 0, 1]),
        np.array([1.0, 0.0, 1.0]),
        ["True", "False", "TRUE"],
        ["1", "0", "1.0"],
        ["yes", "no", " t "],
        ["Y", "n", "y"],
    ],
)
def test_every_usual_spelling_is_understood(values):
    assert tissue_marks(list(values), "in_tissue", "one.h5ad").tolist() == [True, False, True]


@pytest.mark.parametrize("value", ["", "maybe", "2", 0.5, np.nan, None, -1])
def test_anything_else_is_refused_with_its_row(value):
    with pytest.raises(DataError, match="in_tissue of row 2 is"):
        tissue_marks([1, value, 0], "in_tissue", "one.h5ad")


def test_a_section_without_tissue_is_refused():
    with pytest.raises(DataError, match="says of all 3 spots"):
        tissue_marks([0, 0, 0], "in_tissue", "one.h5ad")


@pytest.mark.parametrize(
    "name", ["in_tissue", "In_Tissue", "in tissue", "inTissue", "under_tissue", "is_in_tissue"]
)
def test_columns_of_marks_are_known_by_name(name):
    assert states_tissue(name)


@pytest.mark.parametrize("name", ["tissue", "tissue_type", "in_tissue_2", "selected", "leiden"])
def test_other_columns_are_no_marks(name):
    assert not states_tissue(name)


@pytest.mark.parametrize(
    "name",
    [
        "tissue",
        "is_tissue",
        "tissue_mask",
        "in_tissue_mask",
        "in_tissue_x",
        "in_tissue_1",
        "in_tissue_manual",
        "isOnTissue",
        "covered_by_tissue",
        "S1_in_tissue",
    ],
)
def test_other_names_are_marks_where_all_their_values_are(name):
    assert may_mark_tissue(name)
    assert marks_tissue(name, [1, 0, 1])
    assert marks_tissue(name, ["True", "", "False"])
    assert not marks_tissue(name, ["kidney", "1"])
    assert not marks_tissue(name, [np.nan])


def test_sure_names_are_marks_whatever_stands_there():
    assert marks_tissue("on_tissue", ["maybe"])
    assert not marks_tissue("leiden", [0, 1])


@pytest.mark.parametrize("name", ["tumour_tissue", "tissue_type", "tissue_fold", "leiden_x"])
def test_names_with_words_of_another_meaning_are_no_marks(name):
    assert not marks_tissue(name, [1, 0, 1])


@pytest.mark.parametrize("name", ["not_in_tissue", "notInTissue", "off_tissue", "outside tissue"])
def test_a_name_that_says_the_opposite_is_read_so(name):
    assert says_beside(name)
    assert marks_tissue(name, [1, 0, 0])
    assert tissue_marks([1, 0, 0], name, "one.h5ad").tolist() == [False, True, True]
    with pytest.raises(DataError, match="0 or False says that a spot lies under tissue"):
        tissue_marks([1, 2], name, "one.h5ad")
    with pytest.raises(DataError, match="says of all 2 spots"):
        tissue_marks([1, 1], name, "one.h5ad")
