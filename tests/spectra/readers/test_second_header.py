"""A header in the middle of a file is refused by its line, whichever header it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra_dl.errors import DataError
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.text.small_table import read_small_table

AXES = {
    "the same": lambda axis: axis,
    "moved": lambda axis: axis + 1.7,
    "another step": lambda axis: axis[0] + (axis - axis[0]) * 0.98,
    "nm": lambda axis: 1e7 / (1e7 / 785 - axis),
    "other instrument": lambda axis: axis + 0.3 * np.sin(axis),
    "row numbers": lambda axis: np.arange(len(axis)) + 1.0,
    "descending": lambda axis: axis[::-1],
    "rounded": lambda axis: axis.round(0),
}


def spectrum(generator, count):
    return 300 * np.exp(-(((np.arange(count) - count / 2) / 4) ** 2)) + generator.normal(100, 2, count)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(AXES)),
    st.integers(20, 60),
    st.integers(1, 6),
    st.sampled_from(",;\t"),
    st.integers(0, 99),
)
def test_any_other_axis_amid_spectra_is_a_second_header(tmp_path_factory, kind, count, place, mark, seed):
    generator = np.random.default_rng(seed)
    axis = 400 + np.cumsum(generator.uniform(2.2, 2.6, count))
    rows = [[f"s{number}", f"p{number}", *spectrum(generator, count)] for number in range(7)]
    rows.insert(place, ["7", "8", *AXES[kind](axis)])
    header = ["sample_id", "patient", *axis]
    path = tmp_path_factory.mktemp("header") / "two.csv"
    path.write_text("\n".join(mark.join(map(str, row)) for row in [header, *rows]) + "\n")
    with pytest.raises(DataError, match=f"line {place + 2}: a second header"):
        read_spectra(path)


def test_the_names_of_the_columns_again_are_a_header_before_any_axis(tmp_path):
    axis = np.linspace(400, 1800, 30)
    other = 300 + 1500 * np.linspace(0, 1, 30) ** 2
    rows = [
        ["id", *axis],
        ["a", *spectrum(np.random.default_rng(0), 30)],
        ["id", *other],
        ["b", *other[::-1] + axis],
    ]
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    with pytest.raises(DataError, match="line 3: a second header"):
        read_spectra(tmp_path / "a.csv")


IN_ORDER = list(range(400, 900, 20))


@pytest.mark.parametrize(
    "axis",
    [
        [*IN_ORDER[:1], *IN_ORDER[2:4], IN_ORDER[1], *IN_ORDER[4:]],
        IN_ORDER[:20],
        np.random.default_rng(0).permutation(IN_ORDER).tolist(),
    ],
)
def test_the_same_axis_again_is_a_header_in_any_order_and_of_any_length(tmp_path, axis):
    rows = [["id", *axis], ["a", *[7] * len(axis)], ["b", *axis], ["c", *[8] * len(axis)]]
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    with pytest.raises(DataError, match="line 3: a second header"):
        read_spectra(tmp_path / "a.csv")


def test_smooth_fluorescence_is_a_spectrum(tmp_path):
    axis = np.linspace(400, 1800, 60)
    rows = [["id", *axis], ["a", *1000 * np.exp(-axis / 900)], ["b", *1000 * np.exp(axis / 900)]]
    (tmp_path / "a.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    assert len(read_spectra(tmp_path / "a.csv")) == 2


@pytest.mark.parametrize("decimal", [3, 0])
def test_a_flat_or_noisy_spectrum_is_no_header(tmp_path, decimal):
    generator = np.random.default_rng(0)
    axis = np.linspace(400, 1800, 40)
    rows = [spectrum(generator, 40), np.linspace(0, 500, 40) + generator.normal(0, 20, 40), np.full(40, 7.0)]
    text = [",".join(["id", *map(str, axis)])]
    text += [",".join([f"s{number}", *map(str, row.round(decimal))]) for number, row in enumerate(rows)]
    (tmp_path / "a.csv").write_text("\n".join(text) + "\n")
    assert len(read_spectra(tmp_path / "a.csv")) == 3


def test_a_small_table_with_its_header_again_is_refused(tmp_path):
    (tmp_path / "sheet.csv").write_text("file,patient\na.txt,P1\nfile,patient\nb.txt,P2\n")
    with pytest.raises(DataError, match="line 3: a second header"):
        read_small_table(tmp_path / "sheet.csv")


def test_a_column_file_with_a_second_header_is_refused(tmp_path):
    lines = [f"{400 + 2 * k}\t{10 + k % 5}" for k in range(30)]
    (tmp_path / "one.txt").write_text(
        "\n".join(["Wave\tIntensity", *lines[:15], "Raman shift\tCounts", *lines[15:]])
    )
    with pytest.raises(DataError, match="line 17"):
        read_spectra(tmp_path / "one.txt")
