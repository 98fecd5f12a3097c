"""Three text files give the same counts by scanpy and line by line."""

import gzip

import numpy as np
import pytest

from formats.tenx import Layout, visium, write_matrix, write_run
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.readers.tenx import matrix_market
from spectra_dl.expression.readers.tenx.matrix_market import read_tenx_folder


@pytest.fixture
def folder(tmp_path):
    write_run(tmp_path, visium(), Layout(counts="gz"))
    return tmp_path / "filtered_feature_bc_matrix"


def repacked(folder, change):
    path = folder / "matrix.mtx.gz"
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


def test_scanpy_and_the_reader_of_lines_agree(folder, monkeypatch):
    def refused(*arguments):
        raise AssertionError("read line by line")

    with monkeypatch.context() as patched:
        patched.setattr(matrix_market, "_line_by_line", refused)
        fast = read_tenx_folder(folder)
    monkeypatch.setattr(matrix_market, "_fits_scanpy", lambda path, values: False)
    slow = read_tenx_folder(folder)
    array = visium()
    assert np.array_equal(fast.matrix.matrix.toarray(), array.counts[array.in_tissue])
    assert np.array_equal(fast.matrix.matrix.toarray(), slow.matrix.matrix.toarray())
    assert list(fast.matrix.symbol) == list(slow.matrix.symbol)


@pytest.mark.parametrize("value", [b"1.5", b"99999999", b"20000000"])
def test_values_that_scanpy_would_round_are_read_line_by_line(folder, value):
    def first_value(content):
        lines = content.splitlines()
        at = next(k for k, line in enumerate(lines) if not line.startswith(b"%")) + 1
        lines[at] = b" ".join([*lines[at].split()[:2], value])
        return b"\n".join(lines)

    repacked(folder, first_value)
    assert float(value) in read_tenx_folder(folder).matrix.matrix.data


@pytest.mark.parametrize("line", [b"9 1 1", b"0 1 1", b"x 1 1", b""])
def test_what_scanpy_refuses_is_named_by_the_reader_of_lines(folder, line):
    repacked(folder, lambda content: b"\n".join([*content.splitlines()[:-1], line]))
    with pytest.raises(DataError, match=r"matrix\.mtx\.gz"):
        read_tenx_folder(folder)


def test_a_swelling_matrix_is_not_given_to_scanpy(folder, monkeypatch):
    monkeypatch.setattr(matrix_market, "_MOST_LINE_BYTES", 1)
    repacked(folder, lambda content: content + b" " * (2 << 20))
    assert not matrix_market._fits_scanpy(folder / "matrix.mtx.gz", 10)
    (folder / "matrix.mtx.gz").write_bytes((folder / "matrix.mtx.gz").read_bytes()[:50])
    assert not matrix_market._fits_scanpy(folder / "matrix.mtx.gz", 10)


def test_features_that_are_no_genes_are_named(tmp_path):
    array = visium()
    write_run(tmp_path, array)
    kinds = ["Gene Expression", "Antibody Capture", "Antibody Capture", "Gene Expression", "Gene Expression"]
    under = np.flatnonzero(array.in_tissue)
    write_matrix(
        tmp_path / "filtered_feature_bc_matrix.h5",
        array.counts[under],
        [array.barcode[at] for at in under],
        kinds,
    )
    section = read_section(tmp_path)
    assert list(section.symbol) == ["SYM0", "SYM3", "SYM4"]
    assert any("no genes are left out: 2 Antibody Capture" in note for note in section.notes)


def test_withdrawn_probes_are_no_genes(tmp_path):
    import h5py

    write_run(tmp_path, visium())
    with h5py.File(tmp_path / "filtered_feature_bc_matrix.h5", "r+") as file:
        names = [f"ENSG{k:011d}".encode() for k in range(4)] + [b"DEPRECATED_ENSG00000000004"]
        del file["matrix/features/id"]
        file["matrix/features/id"] = np.array(names)
    section = read_section(tmp_path)
    assert len(section.gene) == 4
    assert any("1 withdrawn (DEPRECATED_)" in note for note in section.notes)
