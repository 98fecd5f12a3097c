"""Two-column files, alone, in lists and by a sample sheet."""

import numpy as np
import pytest

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.spectra.readers import ReadOptions, read_spectra


def pairs(wavenumber, intensity, separator="\t", head=""):
    return head + "".join(
        f"{w!r}{separator}{v!r}\n" for w, v in zip(wavenumber.tolist(), intensity.tolist(), strict=True)
    )


AXIS = np.linspace(400.0, 1800.0, 701)
VALUES = np.random.default_rng(1).normal(4000, 300, 701)


@pytest.mark.parametrize("separator", ["\t", ",", ";", "  ", ", "])
@pytest.mark.parametrize("head", ["", "Raman shift (cm-1){}Intensity (a.u.)\n", "cm-1{}counts\n"])
def test_two_columns_are_one_spectrum(separator, head, write):
    if "  " in separator:
        head = head.replace(" ", "")
    table = read_spectra(write(pairs(AXIS, VALUES, separator, head.format(separator)), "S1.txt"))
    np.testing.assert_array_equal(table.wavenumber, AXIS)
    np.testing.assert_array_equal(table.intensity, [VALUES])
    assert list(table.sample_id) == ["S1"]


def test_two_columns_with_decimal_commas_are_one_spectrum(write):
    table = read_spectra(write(pairs(AXIS, VALUES, ";").replace(".", ",")))
    np.testing.assert_array_equal(table.intensity, [VALUES])
    assert table.wavenumber.size == 701


def test_a_named_second_column_is_the_sample(write):
    assert list(read_spectra(write(pairs(AXIS, VALUES, ",", "wavenumber,S00_0\n"))).sample_id) == ["S00_0"]


def test_three_columns_without_header_are_two_spectra(write):
    text = "".join(f"{w},{v},{v + 1}\n" for w, v in zip(AXIS, VALUES, strict=True))
    table = read_spectra(write(text))
    np.testing.assert_array_equal(table.intensity, [VALUES, VALUES + 1])
    assert list(table.sample_id) == ["1", "2"]


def test_points_measured_twice_are_averaged_and_noted(write):
    more = "".join(f"{shift},5\n" for shift in range(406, 440, 2))
    table = read_spectra(write("400,1\n402,2\n402,4\n404,5\n" + more))
    assert table.intensity[0, :3].tolist() == [1, 3, 5]
    assert any("402" in note and "mean" in note for note in table.notes)


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("letters", 4),
        ("letters\tmore", 4),
        ("40x.0\t1", 4),
        ("406.0\tabc", 4),
        ("406.0\t1\t2", 4),
        ("406.0", 4),
    ],
)
def test_a_broken_line_is_refused_with_its_number(broken, line, write):
    lines = pairs(AXIS, VALUES).splitlines()
    lines[line - 1] = broken
    with pytest.raises(DataError, match=f"line {line}"):
        read_spectra(write("\n".join(lines)))


@pytest.mark.parametrize("line", [1, 701])
@pytest.mark.parametrize("name", ["4x0.0", "nan00.0"])
def test_a_broken_first_or_last_line_is_no_metadata(line, name, write):
    lines = pairs(AXIS, VALUES).splitlines()
    lines[line - 1] = f"{name}\t4000.0"
    with pytest.raises(DataError, match=f"line {line}"):
        read_spectra(write("\n".join(lines)))


def test_a_gap_in_the_axis_is_noted(write):
    lines = pairs(AXIS, VALUES).splitlines()
    table = read_spectra(write("\n".join(lines[:100] + lines[110:])))
    assert any("gap from 598 to 620" in note for note in table.notes)


@pytest.fixture
def folder(write, tmp_path):
    """Three files with axes of their own and a sheet that lists two of them in another order."""
    for k in range(3):
        write(pairs(AXIS + k / 4, AXIS + k / 4), f"files/S{k}.txt")
    write("file,pid,label,age\nS2.txt,07,cancer,61\nS0.txt,7,control,60\n", "files/sheet.csv")
    return tmp_path / "files"


def test_a_sheet_says_whose_the_files_are(folder):
    table = read_spectra(folder, ReadOptions(samples=folder / "sheet.csv", patient="pid"))
    assert list(table.sample_id) == ["S2", "S0"]
    assert list(table.patient) == ["07", "7"]
    assert list(table.label) == ["cancer", "control"]
    assert list(table.metadata["age"]) == ["61", "60"]
    assert any("not read: S1.txt" in note for note in table.notes)


def test_all_files_are_resampled_to_one_grid_over_the_common_range(folder):
    table = read_spectra(folder, ReadOptions(samples=folder / "sheet.csv", patient="pid"))
    assert table.wavenumber[0] == 400.5
    assert table.wavenumber[-1] == 1800.0
    # The intensity is the wavenumber itself, which linear interpolation keeps.
    np.testing.assert_allclose(table.intensity, [table.wavenumber] * 2, rtol=1e-13)
    assert list(table.metadata["axis_first"]) == ["400.5", "400.0"]
    assert list(table.metadata["axis_points"]) == ["701", "701"]
    assert any("resampled linearly" in note for note in table.notes)


def test_a_list_of_files_keeps_its_order_with_and_without_sheet(folder):
    files = [folder / "S0.txt", folder / "S2.txt"]
    assert list(read_spectra(files).sample_id) == ["S0", "S2"]
    table = read_spectra(files, ReadOptions(samples=folder / "sheet.csv", patient="pid"))
    assert list(table.patient) == ["7", "07"]


def test_a_file_missing_from_the_sheet_is_refused(folder):
    with pytest.raises(DataError, match=r"no row for S1\.txt"):
        read_spectra(
            [folder / "S1.txt", folder / "S2.txt"], ReadOptions(samples=folder / "sheet.csv", patient="pid")
        )


def test_a_sheet_that_lists_a_missing_file_is_refused(folder, write):
    sheet = write("file,label\nS9.txt,x\n", "sheet.csv")
    with pytest.raises(DataError, match=r"line 2: no file 'S9\.txt'"):
        read_spectra(folder, ReadOptions(samples=sheet))


@pytest.mark.parametrize("name", ["../S0.txt", "/etc/passwd", "..\\S0.txt", "C:\\S0.txt"])
def test_a_sheet_never_reaches_outside_its_folder(name, folder, write):
    sheet = write(f"file,label\n{name},x\n", "sheet.csv")
    with pytest.raises(UnsafeError, match="outside"):
        read_spectra(folder, ReadOptions(samples=sheet))


def test_a_link_in_the_folder_never_reaches_outside_it(folder, write):
    write(pairs(AXIS, VALUES), "elsewhere.txt")
    (folder / "link.txt").symlink_to(folder.parent / "elsewhere.txt")
    sheet = write("file,label\nlink.txt,x\n", "sheet.csv")
    with pytest.raises(UnsafeError, match="outside"):
        read_spectra(folder, ReadOptions(samples=sheet))


def test_a_table_among_two_column_files_is_refused(folder, write, clean):
    with pytest.raises(DataError, match="not one spectrum"):
        read_spectra([folder / "S0.txt", write(clean.text())])


def test_axes_that_hardly_overlap_are_refused(folder, write):
    far = write(pairs(AXIS + 1000, VALUES), "far.txt")
    with pytest.raises(DataError, match="share only"):
        read_spectra([folder / "S0.txt", far])


def test_a_folder_of_files_needs_a_sheet(folder):
    with pytest.raises(DataError, match="sample sheet"):
        read_spectra(folder)


def test_options_for_columns_without_a_sheet_are_refused(folder):
    with pytest.raises(UsageError, match="no sample sheet"):
        read_spectra([folder / "S0.txt", folder / "S2.txt"], ReadOptions(patient="pid"))
