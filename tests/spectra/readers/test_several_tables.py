"""Files of many spectra each are one table, as if they had never been split; what doesn't fit is refused by its file."""

import gzip
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.readers import ReadOptions, iter_spectra, read_spectra

HEADER = "sample_id,patient,site," + ",".join(f"{400 + 2 * k}" for k in range(30))


def line(number, patient=None):
    values = ",".join(f"{number + (7 * k % 30) * 0.5:.3f}" for k in range(30))
    return f"s{number},{patient or f'p{number // 3}'},A,{values}"


def write(folder, name, numbers, header=HEADER):
    path = folder / name
    path.write_text("\n".join([header, *map(line, numbers)]) + "\n")
    return path


def same(first, second):
    np.testing.assert_array_equal(first.intensity, second.intensity)
    np.testing.assert_array_equal(first.wavenumber, second.wavenumber)
    assert first.sample_id.tolist() == second.sample_id.tolist()
    assert first.patient.tolist() == second.patient.tolist()
    assert {name: column.tolist() for name, column in first.metadata.items()} == {
        name: column.tolist() for name, column in second.metadata.items()
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(2, 9), min_size=2, max_size=5), st.integers(1, 12))
def test_a_split_table_is_read_as_if_it_had_never_been_split(tmp_path_factory, sizes, rows):
    folder = tmp_path_factory.mktemp("parts")
    edges = np.cumsum([0, *sizes])
    whole = write(folder, "whole.csv", range(edges[-1]))
    parts = [write(folder, f"{k}.csv", range(start, stop)) for k, (start, stop) in enumerate(pairwise(edges))]
    same(read_spectra(parts), read_spectra(whole))
    blocks = list(iter_spectra(parts, rows=rows))
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    assert np.concatenate([block.sample_id for block in blocks]).tolist() == [
        f"s{k}" for k in range(edges[-1])
    ]


def test_parts_of_different_kinds_are_joined(tmp_path):
    first = write(tmp_path, "a.csv", range(4))
    second = tmp_path / "b.csv.gz"
    second.write_bytes(gzip.compress(write(tmp_path, "b.csv", range(4, 8)).read_bytes()))
    assert len(read_spectra([first, second])) == 8


def test_named_columns_are_looked_for_in_every_file(tmp_path):
    parts = [write(tmp_path, "a.csv", range(3)), write(tmp_path, "b.csv", range(3, 6))]
    assert set(read_spectra(parts, ReadOptions(batch="site")).batch) == {"A"}
    with pytest.raises(UsageError, match="diagnosis"):
        read_spectra(parts, ReadOptions(label="diagnosis"))


def test_rows_without_ids_are_numbered_within_their_file(tmp_path):
    header = HEADER.replace("sample_id,", "number of the sample,")
    parts = [write(tmp_path, f"{name}.csv", range(2), header) for name in "ab"]
    assert read_spectra(parts).sample_id.tolist() == ["a:1", "a:2", "b:1", "b:2"]


def test_replicates_are_counted_over_the_files(tmp_path):
    header = HEADER.replace("patient,", "drawer,")
    parts = [write(tmp_path, f"{k}.csv", range(3 * k, 3 * k + 3), header) for k in range(2)]
    assert read_spectra(parts, ReadOptions(replicates=2)).patient.tolist() == ["1", "1", "2", "2", "3", "3"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda header: header.replace("458", "459.5"), r"b\.csv: its axis .* is not that of a\.csv"),
        (
            lambda header: header.replace("site", "place"),
            r"b\.csv: its columns are not those of a\.csv .*place, site",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_its_file(tmp_path, change, said):
    parts = [write(tmp_path, "a.csv", range(3)), write(tmp_path, "b.csv", range(3, 6), change(HEADER))]
    with pytest.raises(DataError, match=said):
        read_spectra(parts)


def test_an_id_in_two_files_is_refused(tmp_path):
    parts = [write(tmp_path, "a.csv", range(3)), write(tmp_path, "b.csv", range(2, 5))]
    with pytest.raises(DataError, match="the files: sample id 's2' stands twice"):
        read_spectra(parts)


def test_a_broken_first_file_is_named(tmp_path):
    broken = tmp_path / "a.csv"
    broken.write_text("only,words\nhere,too\n")
    with pytest.raises(DataError, match=r"a\.csv"):
        read_spectra([broken, write(tmp_path, "b.csv", range(3))])


def test_two_column_files_are_still_one_spectrum_each(tmp_path):
    for name, shift in (("a.txt", 0.0), ("b.txt", 1.0)):
        rows = (f"{400 + shift + 2 * k}\t{k % 7}" for k in range(40))
        (tmp_path / name).write_text("\n".join(rows) + "\n")
    table = read_spectra([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert len(table) == 2
    assert any("different axes" in note for note in table.notes)


def test_the_words_sample_id_say_that_each_row_is_a_sample_even_where_ids_count_up_like_an_axis(tmp_path):
    path = tmp_path / "few.csv"
    names = [f"R{shift}" for shift in range(400, 440, 2)]
    lines = [
        f"{name},x," + ",".join(str((7 * k + 3 * point) % 11) for point in range(20))
        for k, name in enumerate(names)
    ]
    path.write_text("\n".join([f"sample_id,site,{','.join(names)}", *lines]) + "\n")
    table = read_spectra(path)
    assert table.sample_id.tolist() == names
    assert table.wavenumber.tolist() == list(range(400, 440, 2))
