"""What goes wrong seldom in folders of Space Ranger, each with its own sentence."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from example_h5ad import replaced
from fuzzing.sections import space_ranger_files, space_ranger_text_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.readers.tenx import matrix_market


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"barcodes.tsv": None}, "0 files barcodes.tsv"),
        ({"features.tsv": "ENSG1\n"}, "lines without id and name"),
        ({"features.tsv": "ENSG1\tA\tAntibody\n" * 6}, "none of its 6 features is of type"),
        ({"matrix.mtx": "%%MatrixMarket matrix array real general\n"}, "not a general coordinate matrix"),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 \u00b2\n"},
            "it says '6 12 \u00b2'",
        ),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 99999999999\n"},
            "more than can be held",
        ),
        (
            {"matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 0\n1 1 1\n"},
            "1 of 0 values",
        ),
    ],
)
def test_a_text_file_of_space_ranger_that_does_not_fit_is_refused(put, others, said):
    named = {f"filtered_feature_bc_matrix/{name}": text for name, text in others.items()}
    with pytest.raises(DataError, match=said):
        read_section(put(space_ranger_text_files(), others=named))


def test_a_long_matrix_is_read_in_blocks(put, monkeypatch):
    folder = put(space_ranger_text_files())
    whole = read_section(folder).counts.toarray()
    monkeypatch.setattr(matrix_market, "_BLOCK_LINES", 7)
    monkeypatch.setattr(matrix_market, "_fits_scanpy", lambda path, values: False)
    assert np.array_equal(read_section(folder).counts.toarray(), whole)


def test_no_counts_at_all_are_read_as_none(put):
    empty = {
        "filtered_feature_bc_matrix/matrix.mtx": "%%MatrixMarket matrix coordinate integer general\n6 12 0\n"
    }
    assert set(read_section(put(space_ranger_text_files(), others=empty)).reason) == {"no counts"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda file: file.move("matrix", "other"), "HDF5 without the group matrix"),
        (replaced("matrix/features/id", np.array([b"A"])), "1 gene ids, 6 names"),
        (replaced("matrix/barcodes", np.arange(12)), "barcodes is no list of texts"),
        (replaced("matrix/barcodes", np.array([b"\xff%d" % k for k in range(12)])), "barcodes is not UTF-8"),
    ],
)
def test_an_hdf5_file_of_space_ranger_that_does_not_fit_is_refused(put, change, said):
    folder = put(space_ranger_files())
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "r+") as file:
        change(file)
    with pytest.raises(DataError, match=said):
        read_section(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("barcode,x,y\nB0-1,1,2\n", "the columns are"),
        (
            "Z-1,1,0,0,1,1\n",
            r"none of the 12 counted barcodes \('B0-1', …\) stands in it, but 'Z-1' and others",
        ),
    ],
)
def test_positions_of_something_else_are_refused(put, text, said):
    with pytest.raises(DataError, match=said):
        read_section(put(space_ranger_files(), others={"spatial/tissue_positions_list.csv": text}))


def tenfold(folder: Path, width: int, height: int) -> Path:
    Image.fromarray(np.full((height, width, 3), 200, dtype=np.uint8)).save(folder / "full.png")
    return folder


def test_the_full_image_beside_the_counts_is_taken_if_its_size_fits(put):
    folder = tenfold(put(space_ranger_files()), 2000, 1500)
    assert (read_section(folder).image.width, read_section(folder).image.path.name) == (2000, "full.png")
    tenfold(folder, 1900, 1500)
    assert read_section(folder).image.path.name == "tissue_hires_image.png"


def test_a_named_image_of_another_size_is_refused_with_both_sizes(put):
    folder = tenfold(put(space_ranger_files()), 1900, 1500)
    with pytest.raises(DataError, match=r"full\.png is 1900 x 1500 pixels, but .* is 2000 x 1500"):
        read_section(folder, image=folder / "full.png")


def test_a_reduced_image_is_read_by_the_scale_that_is_given(put):
    folder = tenfold(put(space_ranger_files()), 1000, 750)
    with pytest.raises(DataError, match=r"or give its scale, 0\.5"):
        read_section(folder, image=folder / "full.png")
    small = read_section(folder)
    section = read_section(SectionSource(folder, image=folder / "full.png", image_scale=0.5))
    assert section.um_per_pixel == pytest.approx(small.um_per_pixel / 5)
    assert section.position_um == pytest.approx(small.position_um)
    assert section.full_um_per_pixel == pytest.approx(section.um_per_pixel / 2)
    with pytest.raises(DataError, match=r"with the scale 0\.25 but"):
        read_section(SectionSource(folder, image=folder / "full.png", image_scale=0.25))


def test_the_full_image_alone_is_taken(put):
    folder = tenfold(put(space_ranger_files(), others={"spatial/tissue_hires_image.png": None}), 2000, 1500)
    assert read_section(folder).image.path.name == "full.png"


def test_no_image_at_all_is_refused(put):
    with pytest.raises(DataError, match=r"no tissue_hires_image\.png"):
        read_section(put(space_ranger_files(), others={"spatial/tissue_hires_image.png": None}))
