"""A protocol knows sections by pictures, spots and counts, and profiles of a table as an outcome."""

from dataclasses import replace

import numpy as np
import pytest

from spectra_dl import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.sheet import sheet_sources
from spectra_dl.expression.slides.bulk_table import BulkTable
from spectra_dl.expression.study.sealing import sealable


def test_profiles_of_a_table_may_come_after_the_lock_and_counts_in_their_place_may_not(repository):
    sheet = repository / "datasets" / "demo" / "tissue" / "sections.csv"
    sections = [read_section(source) for source in sheet_sources(sheet)]
    names, genes = [one.patient for one in sections], ["A", "B"]
    bulk = [BulkTable("b.csv", names, genes, np.array([[1.0, 2.0], [3.0, value]])) for value in (4.0, 5.0)]
    before, after = (sealable(sections, {}, table) for table in bulk)
    assert before.data == after.data
    assert before.outcome != after.outcome
    assert sealable(sections, {}).data.axis != before.data.axis
    batches = sealable(sections, {"split_by": "batch"}).data
    assert batches.groups is not None
    bare = [replace(one, counts=None) for one in sections]
    with pytest.raises(DataError, match="has no counts, so nothing of it can be predicted or sealed"):
        sealable(bare, {})
    with pytest.raises(DataError, match="nobody says which patient section"):
        sealable([replace(one, patient=None) for one in sections], {})
