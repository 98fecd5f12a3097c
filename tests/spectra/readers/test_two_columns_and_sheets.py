"""Two-column files, alone, in lists and by a sample sheet."""

from pathlib import Path

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
    table = read_spectra(write("400,1\n402,2\n402,4\n404,0\n" + more))
    assert table.intensity[0, :3].tolist() == [1, 3, 0]
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
        write(pairs(AXIS + k / 4, VALUES), f"files/S{k}.txt")
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
    expected = [np.interp(table.wavenumber, AXIS + k / 4, VALUES) for k in (2, 0)]
    np.testing.assert_allclose(table.intensity, expected, rtol=1e-13)
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


# Names with folders


@pytest.fixture
def study(tmp_path):
    """Files s0 to s2 in study/spectra, and the writer of a sheet in any folder of the study."""
    root = tmp_path / "study"
    (root / "spectra").mkdir(parents=True)
    for number in range(3):
        (root / "spectra" / f"s{number}.txt").write_text(pairs(AXIS, VALUES + number))

    def sheet(*names, at="sheet.csv"):
        path = root / at
        path.parent.mkdir(exist_ok=True)
        rows = [f"{name},P{number}" for number, name in enumerate(names)]
        path.write_text("\n".join(["file,patient", *rows]) + "\n")
        return ReadOptions(samples=path)

    return root, sheet


def named(form):
    return [form.format(number) for number in range(3)]


def check_patients(table):
    assert [(list(row), patient) for row, patient in zip(table.intensity, table.patient, strict=True)] == [
        (list(VALUES + number), f"P{number}") for number in range(3)
    ]


FORMS = [
    "s{}.txt",
    "spectra/s{}.txt",
    "./spectra/s{}.txt",
    "spectra\\s{}.txt",
    ".\\spectra\\s{}.txt",
    "study/spectra/s{}.txt",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("at", ["sheet.csv", "meta/sheet.csv", "spectra/sheet.csv"])
def test_a_sheet_names_files_with_or_without_their_folders(form, at, study):
    root, sheet = study
    options = sheet(*named(form), at=at)
    check_patients(read_spectra([root / "spectra" / f"s{k}.txt" for k in range(3)], options))
    check_patients(read_spectra(root / "spectra", options))
    check_patients(read_spectra([root / "spectra"], options))


@pytest.mark.parametrize("form", FORMS)
def test_files_and_folder_may_be_given_from_where_one_stands(form, study, monkeypatch):
    root, sheet = study
    sheet(*named(form))
    monkeypatch.chdir(root)
    options = ReadOptions(samples=Path("sheet.csv"))
    check_patients(read_spectra([Path(f"spectra/s{k}.txt") for k in range(3)], options))
    check_patients(read_spectra(Path("spectra"), options))
    monkeypatch.chdir(root / "spectra")
    options = ReadOptions(samples=Path("../sheet.csv"))
    check_patients(read_spectra([Path(f"s{k}.txt") for k in range(3)], options))


def test_a_name_counted_upwards_from_the_sheet_is_that_of_a_given_file(study):
    root, sheet = study
    options = sheet(*named("../spectra/s{}.txt"), at="meta/sheet.csv")
    check_patients(read_spectra([root / "spectra" / f"s{k}.txt" for k in range(3)], options))


def test_an_absolute_name_is_that_of_the_given_file(study):
    root, sheet = study
    files = [root / "spectra" / f"s{k}.txt" for k in range(3)]
    check_patients(read_spectra(files, sheet(*named(f"{root}/spectra/s{{}}.txt"))))
    with pytest.raises(DataError, match="no row for"):
        read_spectra(files, sheet(*named(f"{root}/elsewhere/s{{}}.txt")))


@pytest.mark.parametrize("form", ["s{}.txt", "spectra/s{}.txt"])
def test_bare_names_are_found_in_folders_below(form, study):
    root, sheet = study
    check_patients(read_spectra(root, sheet(*named(form))))


@pytest.fixture
def two_folders(study):
    root, sheet = study
    for day in ("day1", "day2"):
        (root / day).mkdir()
        (root / day / "s0.txt").write_text(pairs(AXIS, VALUES + int(day[-1])))
    return root, sheet


def test_files_of_one_name_in_two_folders_are_named_with_them(two_folders):
    root, sheet = two_folders
    options = sheet("day1/s0.txt", "day2\\s0.txt")
    for given in ([root / "day2" / "s0.txt", root / "day1" / "s0.txt"], [root / "day2", root / "day1"]):
        table = read_spectra(given, options)
        by_patient = dict(zip(table.patient, table.intensity[:, 0] - VALUES[0], strict=True))
        assert by_patient == {"P0": pytest.approx(1), "P1": pytest.approx(2)}
        assert sorted(table.sample_id) == ["day1/s0", "day2/s0"]
        assert any("sample ids begin with the folder" in note for note in table.notes)


def test_a_bare_name_that_could_be_either_of_two_files_is_refused(two_folders):
    root, sheet = two_folders
    options = sheet("s0.txt")
    for given in ([root / "day1" / "s0.txt", root / "day2" / "s0.txt"], [root / "day1", root / "day2"]):
        with pytest.raises(
            DataError, match=r"line 2: 's0\.txt' could be day1/s0\.txt.* day2/s0\.txt; write the folder"
        ):
            read_spectra(given, options)


def test_a_file_that_stands_in_two_rows_is_refused_however_it_is_spelt(study):
    root, sheet = study
    options = sheet("s0.txt", "./spectra/s0.txt")
    for given in ([root / "spectra" / "s0.txt"], root / "spectra", root):
        with pytest.raises(DataError, match="a file stands in two rows"):
            read_spectra(given, options)


def test_what_the_sheet_leaves_out_of_a_folder_is_noted(study):
    root, sheet = study
    table = read_spectra(root / "spectra", sheet("spectra/s0.txt", "s2.txt"))
    assert any("not read: s1.txt" in note for note in table.notes)


def test_files_and_folders_together_are_refused(study):
    root, sheet = study
    with pytest.raises(DataError, match="not a patient's folder"):
        read_spectra([root / "spectra", root / "spectra" / "s0.txt"], sheet("s0.txt"))


def test_a_link_below_the_folder_never_reaches_outside_it(study, write):
    root, sheet = study
    (root / "spectra" / "link.txt").symlink_to(write(pairs(AXIS, VALUES), "elsewhere.txt"))
    with pytest.raises(UnsafeError, match="outside"):
        read_spectra(root, sheet("link.txt"))
