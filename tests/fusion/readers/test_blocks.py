"""Blocks of images: what is said of annotations, and a file that stands under two patients."""

import pytest

from spectra_dl.errors import DataError
from spectra_dl.fusion.readers.blocks import read_block
from spectra_dl.fusion.readers.stated import StatedBlock, StatedStudy
from tissue.example_slides import write_study


@pytest.fixture
def block(tmp_path):
    return StatedBlock("tissue", "tissue", write_study(tmp_path / "slides", patients=2))


def read(block):
    return read_block(block, StatedStudy((block,), patient="patient"))


def test_annotations_are_not_read_and_that_is_said(block):
    found = read(block)
    assert found.label is None
    assert any(note.startswith("tissue: 2 annotations not read") for note in found.notes)


def test_one_file_of_two_patients_is_refused(block):
    folder = block.path.parent
    (folder / "1.tif").write_bytes((folder / "0.tif").read_bytes())
    with pytest.raises(DataError, match=r"0.tif, 1.tif are the same file, byte for byte, of patients P0, P1"):
        read(block)
    block.path.write_text("path,patient\n0.tif,P1\n1.tif,p1\n")
    assert len(read(block).rows) == 2
