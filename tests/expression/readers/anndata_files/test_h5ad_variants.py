"""Whatever version or tool wrote a section, it is read as the same section, or refused in a sentence."""

from pathlib import Path

import numpy as np
import pytest

from example_h5ad import GENES, SPOTS, made_counts, made_places
from formats.h5ad_variants import MARKS, write_records, write_variant
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.anndata_files.content import read_h5ad_counts
from spectra_dl.expression.section import OFF_TISSUE, TissueSection


def _check(section: TissueSection) -> None:
    assert list(section.barcode) == [f"spot{k}" for k in range(SPOTS)]
    assert list(section.gene) == [f"GENE{k}" for k in range(GENES)]
    assert np.array_equal(section.counts.toarray(), made_counts())
    assert np.allclose(section.position_um, made_places() * 0.5)
    assert np.array_equal(section.array.in_tissue, MARKS)
    assert list(section.reason) == ["" if mark else OFF_TISSUE for mark in MARKS]
    assert any(
        f"{int((~MARKS).sum())} of {SPOTS} spots are not under tissue" in note for note in section.notes
    )


@pytest.mark.parametrize("tens", range(24))
def test_a_section_is_read_right_or_refused_however_it_is_stored(tmp_path: Path, tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        path = tmp_path / f"v{seed}.h5ad"
        drawn = write_variant(path, seed)
        if not drawn["wrong"]:
            _check(read_section(path, um_per_pixel=0.5))
            continue
        with pytest.raises(DataError) as refusal:
            read_section(path, um_per_pixel=0.5)
        said = str(refusal.value)
        wanted = "of row 5 is" if drawn["wrong"] == "marks" else "x and y|positions"
        assert any(word in said for word in wanted.split("|")), (drawn, said)
        assert len(said) <= 500
        assert "not whole" not in said
        assert "damaged" not in said


def test_records_of_the_oldest_files_are_read(tmp_path: Path) -> None:
    path = write_records(tmp_path / "one.h5ad")
    section = read_section(path, um_per_pixel=0.5)
    _check(section)
    assert section.patient == "P7"
    assert any("obsm['X_spatial']" in note for note in section.notes)
    assert read_h5ad_counts(path)[0].shape == (int(MARKS.sum()), GENES)
