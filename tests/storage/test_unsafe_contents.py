"""What could run code is told by its beginning, and tables, workbooks and pictures are not taken for it."""

import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from spectra_dl.errors import UnsafeError
from spectra_dl.storage.unsafe_contents import refuse_unsafe, unsafe_content


def zipped(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "x")
    return stream.getvalue()


def tarred():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../a"))
    return stream.getvalue()


def saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        *(pickle.dumps(open, protocol=protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        saved(np.array([{}], dtype=object)),
        zipped("archive/data.pkl"),
        zipped("../a.csv"),
        tarred(),
    ],
)
def test_what_could_run_code_or_reach_elsewhere_is_named(content):
    assert unsafe_content(content) is not None
    with pytest.raises(UnsafeError, match=r"x\.csv: .* is never loaded; give a table"):
        refuse_unsafe(content, "x.csv", "give a table")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"sample_id,400,402\n",
        zipped("xl/workbook.xml"),
        saved(np.zeros(3)),
        b"\x89PNG\r\n\x1a\n",
        bytes(600),
    ],
)
def test_tables_workbooks_and_numbers_are_not_meant(content):
    assert unsafe_content(content) is None
