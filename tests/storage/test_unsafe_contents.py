"""What could run code is recognised by its first bytes, and tables, workbooks and images are not taken for it."""

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


UNSAFE = {
    **{
        f"pickle {protocol}": pickle.dumps(open, protocol=protocol)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "array of objects": saved(np.array([{}], dtype=object)),
    "torch archive": zipped("archive/data.pkl"),
    "archive that climbs out": zipped("../a.csv"),
    "tar": tarred(),
}
HARMLESS = {
    "nothing": b"",
    "table": b"sample_id,400,402\n",
    "workbook": zipped("xl/workbook.xml"),
    "array of numbers": saved(np.zeros(3)),
    "image": b"\x89PNG\r\n\x1a\n",
    "zeros": bytes(600),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_could_run_code_or_reach_elsewhere_is_named(name):
    assert unsafe_content(UNSAFE[name]) is not None
    with pytest.raises(UnsafeError, match=r"x\.csv: .* is never loaded; give a table"):
        refuse_unsafe(UNSAFE[name], "x.csv", "give a table")


@pytest.mark.parametrize("name", HARMLESS)
def test_tables_workbooks_and_numbers_are_not_meant(name):
    assert unsafe_content(HARMLESS[name]) is None
