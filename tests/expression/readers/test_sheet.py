"""Sheets of sections, and what a single path is taken for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.expression.readers import SectionSource, read_section, read_sections
from spectra_dl.expression.readers.sheet import sheet_sources

DrawImage = Callable[[Path], Path]


def test_paths_are_those_beside_the_sheet_and_ids_stay_text(tmp_path: Path, draw_image: DrawImage) -> None:
    draw_image(tmp_path / "in" / "a.png")
    sheet = tmp_path / "sections.csv"
    sheet.write_text("path,patient,section,mpp,pitch_um\nin/a.png,07,1e3,2.0,50\n")
    (section,) = read_sections(sheet)
    assert (section.patient, section.name, section.um_per_pixel, section.spot_pitch_um) == (
        "07",
        "1e3",
        2.0,
        50.0,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,patient,section\na.png,,s\n", "line 2: no patient"),
        ("path,patient,section\na.png,p,\n", "line 2: no section"),
        ("path,patient,section\na.png,p,s\n\nb.png,q,s\n", "lines 2 and"),
        ("path,patient,section,mpp\na.png,p,s,nan\n", "mpp 'nan'"),
        ("path,patient,section,mpp\na.png,p,s,0\n", "mpp '0'"),
        ("path,patient,section,mpp\na.png,p,s,-inf\n", "mpp '-inf'"),
        ("path,patient,section,pitch_um\na.png,p,s,x\n", "pitch_um 'x'"),
        ("path,patient,section\na.png,p,s,extra\n", "line 2: 4 cells for 3 columns"),
        ("path,patient,section,colour\na.png,p,s,red\n", "its columns are"),
        ("path,patient,section,section\na.png,p,s,s\n", "its columns are"),
        ("path;patient;section\na.png;p;s\n", "its columns are"),
        ('path,patient,section\n"a.png,p,s\n', "no CSV|cells"),
        ("path,patient,section\n", "no sections"),
        ("", "empty"),
        ("path,patient,section\na\0.png,p,s\n", "NUL"),
    ],
)
def test_a_broken_sheet_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    sheet = tmp_path / "sections.csv"
    sheet.write_text(text)
    with pytest.raises(DataError, match=said):
        sheet_sources(sheet)


def test_the_kind_is_told_by_content_and_not_by_name(tmp_path: Path, draw_image: DrawImage) -> None:
    path = draw_image(tmp_path / "a.png").rename(tmp_path / "a.h5ad")
    assert read_section(path, um_per_pixel=2.0).counts is None


@pytest.mark.parametrize("content", [b"", b"hello\n", b"<html></html>", bytes(range(256)) * 10])
def test_what_is_no_section_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.h5ad"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a section"):
        read_section(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04data.csv", b"\x80\x04K\x01.", b"cos\nsystem\n."])
def test_archives_and_pickles_are_unsafe(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.h5ad"
    path.write_bytes(content)
    with pytest.raises(UnsafeError, match="never loaded"):
        read_section(path)


def test_pipes_and_missing_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "missing"):
        with pytest.raises(DataError, match="no such file"):
            read_section(tmp_path / name)


def test_a_folder_that_is_no_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither a Space Ranger folder"):
        read_section(tmp_path)


def test_a_scale_that_is_no_number_above_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="above 0"):
        read_section(tmp_path, um_per_pixel=-1.0)


@pytest.mark.parametrize("scale", [0.0, -0.25, float("nan"), 1e7])
def test_a_scale_of_the_image_that_no_image_can_have_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(
        UsageError, match="pixels of the image per full-resolution pixel; give a number above 0"
    ):
        SectionSource(tmp_path / "one.h5ad", image_scale=scale)


def test_the_scale_of_an_image_is_read_from_its_column(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("path,patient,section,image_scale\na.h5ad,p,A,0.25\nb.h5ad,q,B,\n")
    assert [source.image_scale for source in sheet_sources(tmp_path / "sheet.csv")] == [0.25, None]


def test_a_scale_in_a_sheet_that_is_no_number_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("path,patient,section,image_scale\na.h5ad,p,A,half\n")
    with pytest.raises(
        DataError, match=r"line 2: image_scale 'half' is no number.*pixels of the image per full"
    ):
        sheet_sources(tmp_path / "sheet.csv")
