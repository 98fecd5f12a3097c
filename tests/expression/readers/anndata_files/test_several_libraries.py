"""Of a file with several libraries the one asked for is read, by its own spots alone."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section

Write = Callable[..., Path]
COUNTS = np.random.default_rng(0).poisson(3.0, (36, 4))


@pytest.fixture
def two(tmp_path: Path) -> Write:
    """Write two sections of 36 spots of Visium into one file, the second with pixels half as large."""

    def write(
        column: str = "library_id", *, barcode: str = "spot{0}-{1}", unnamed: int = 0, **obs: object
    ) -> Path:
        row, nth = np.divmod(np.arange(36), 6)
        array = np.stack([row, 2 * nth + row % 2], axis=1)
        pixel = np.stack([40.0 * (array[:, 1] + 1), 40.0 * np.sqrt(3) * (row + 1)], axis=1)
        names = np.repeat(["L1", "L2"], 36).astype(object)
        names[:unnamed] = None
        columns = {"array_row": np.tile(array[:, 0], 2), "array_col": np.tile(array[:, 1], 2), column: names}
        index = [barcode.format(k, library) for library in (1, 2) for k in range(36)]
        counts = csr_matrix(np.concatenate([COUNTS, COUNTS[::-1]]).astype(np.float32))
        table = anndata.AnnData(
            counts, obs=pd.DataFrame(columns | obs, index=index), var=pd.DataFrame(index=list("ABCD"))
        )
        table.obsm["spatial"] = np.concatenate([pixel, 2 * pixel])
        image = np.full((160, 190, 3), 200, dtype=np.uint8)
        table.uns["spatial"] = {
            library: {
                "images": {"hires": image},
                "scalefactors": {"tissue_hires_scalef": scale, "spot_diameter_fullres": 13.0 / scale},
            }
            for library, scale in (("L1", 0.25), ("L2", 0.125))
        }
        table.write_h5ad(tmp_path / "two.h5ad")
        return tmp_path / "two.h5ad"

    return write


def check_second(section) -> None:
    np.testing.assert_array_equal(section.counts.toarray(), COUNTS[::-1])
    assert (len(section), section.library_id) == (36, "L2")
    assert section.full_um_per_pixel == pytest.approx(0.625)
    assert section.um_per_pixel == pytest.approx(5.0)


def test_a_barcode_may_stand_in_each_library(two: Write) -> None:
    with pytest.warns(UserWarning, match="names are not unique"):
        path = two(barcode="spot{0}-1")
    check_second(read_section(SectionSource(path, name="L2")))
    with pytest.raises(DataError, match=r"names 2 sections: L1 .36 spots., L2 .36 spots."):
        read_section(path)


@pytest.mark.parametrize("column", ["region", "which", "Sample name"])
def test_a_column_of_any_name_whose_values_are_the_libraries_names_the_library(
    two: Write, column: str
) -> None:
    check_second(read_section(SectionSource(two(column), name="L2")))
    with pytest.raises(DataError, match=f"{column}'] names 2 sections"):
        read_section(two(column))


def test_what_the_other_library_states_is_not_looked_at(two: Write) -> None:
    marks = pd.array([None] * 36 + [1] * 35 + [0], dtype="Int64")
    section = read_section(SectionSource(two(in_tissue=marks), name="L2"))
    assert list(np.flatnonzero(section.reason != "")) == [35]
    assert any("1 of 36 spots are not under tissue" in note for note in section.notes)
    marks[70] = 7
    with pytest.raises(DataError, match="in_tissue of row 71 is '7'"):
        read_section(SectionSource(two(in_tissue=marks), name="L2"))


def test_spots_without_a_library_are_counted_where_only_one_is_named(two: Write) -> None:
    table = anndata.read_h5ad(two(unnamed=5))[:36].copy()
    table.write_h5ad(path := two().with_name("L1.h5ad"))
    assert any(
        "5 of 36 spots have no library_id, and are read as those of 'L1'" in note
        for note in read_section(path).notes
    )


@pytest.mark.parametrize("values", [[7.0] * 36, [7] * 36, ["7"] * 36])
def test_a_patient_has_one_name_whether_pandas_wrote_it_as_a_number_with_a_fraction(
    two: Write, values: list[object]
) -> None:
    table = anndata.read_h5ad(two())[:36].copy()
    table.obs["patient"] = values
    table.write_h5ad(path := two().with_name("L1.h5ad"))
    assert read_section(path).patient == "7"
