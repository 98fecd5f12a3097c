"""DICOM slides that lie in several files, of levels and tiles: one slide each."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from spectra_dl.errors import DataError, SpectraDLError
from spectra_dl.evaluation.wording import counted, first_few
from spectra_dl.imaging.slide import is_dicom
from spectra_dl.tissue.readers.stated import StatedImage


def one_file_a_slide(folder: Path, stated: Sequence[StatedImage]) -> tuple[list[StatedImage], list[str]]:
    """Return what was said of images, of a DICOM slide in several files once, and a note of it: with its first file all of the series is read.

    Parameters
    ----------
    folder
        Under which the files lie.
    stated
        What was said of each.

    Raises
    ------
    DataError
        Not the same was said of files of one series.
    """
    series: dict[str, list[StatedImage]] = defaultdict(list)
    for image in stated:
        if name := _series(folder / image.name):
            series[name].append(image)
    left_out: list[str] = []
    joined = 0
    for files in series.values():
        _refuse_said_otherwise(files)
        of_folder: dict[Path, list[str]] = defaultdict(list)
        for image in files:
            of_folder[Path(image.name).parent].append(image.name)
        joined += sum(len(names) > 1 for names in of_folder.values())
        left_out += [name for names in of_folder.values() for name in names[1:]]
    if not left_out:
        return list(stated), []
    note = f"{counted(joined, 'DICOM slide')} in several files, each cut once: {counted(len(left_out), 'file')} of levels or parts go with the first of their series, such as {left_out[0]!r:.120}"
    gone = set(left_out)
    return [image for image in stated if image.name not in gone], [note]


def _series(path: Path) -> str:
    """Return the series of a file of a slide; empty where it is none, or can't be read, of which the reader says why."""
    if not is_dicom(path):
        return ""
    from spectra_dl.imaging.dicom.file import series_of_slide

    try:
        return series_of_slide(path)
    except SpectraDLError:
        return ""


def _refuse_said_otherwise(files: Sequence[StatedImage]) -> None:
    """Refuse files of one slide of which not the same was said, since one of them is wrong."""
    for field in dict.fromkeys(name for image in files for name in image.said):
        said = {image.said.get(field, ""): image for image in files}
        if len(said) > 1:
            one, other = list(said.values())[:2]
            raise DataError(
                f"{other.where}: {first_few([one.name, other.name])} are files of one DICOM slide, and {field} is {first_few(said)}; say the same of all, or list one of them"
            )
