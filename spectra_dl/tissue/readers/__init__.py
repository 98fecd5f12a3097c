"""Readers of images of tissue: a sheet, folders by class and patient, or names by pattern."""

from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.readers.checks import checked_images
from spectra_dl.tissue.readers.class_folders import read_class_folders
from spectra_dl.tissue.readers.name_pattern import read_by_pattern
from spectra_dl.tissue.readers.sheet import is_sheet_of_images, read_sheet
from spectra_dl.tissue.readers.stated import StatedImage, image_files
from spectra_dl.tissue.reading_options import ImageOptions


def read_images(
    path: str | Path, options: ImageOptions | None = None, *, labelled: bool = True
) -> TissueImages:
    """Read images of tissue with what is said of each.

    A pattern of names is followed where one is given. Else a sheet, where the path is one or there is one in the folder. Else folders by
    class and patient.

    Parameters
    ----------
    path
        A folder, or a CSV with a column ``path``.
    options
        Names of columns, and the pattern of names.
    labelled
        Whether class and patient are needed: images to be predicted may say neither, and are then images alone.

    Raises
    ------
    DataError
        The path can't be read, or what it says is not what it must be.
    UsageError
        The pattern is none.
    UnsafeError
        A file holds pickle data.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, colour in (("viable", "purple"), ("necrotic", "pink")):
    ...         Path(folder, name, "P1").mkdir(parents=True)
    ...         Image.new("RGB", (64, 64), colour).save(Path(folder, name, "P1", "1.png"))
    ...     images = read_images(folder)
    >>> sorted(images.label), sorted(set(images.patient))
    (['necrotic', 'viable'], ['P1'])
    """
    path, options = Path(path), options or ImageOptions()
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; name a folder of images, or a sheet")
    folder = path if path.is_dir() else path.parent
    stated, notes = _stated(path, options, labelled=labelled)
    return checked_images(folder, stated, notes, options, labelled=labelled)


def _stated(
    path: Path, options: ImageOptions, *, labelled: bool
) -> tuple[list[StatedImage], tuple[str, ...]]:
    if path.is_file():
        if options.name_pattern is not None:
            raise DataError(
                f"{path.name}: --name-pattern reads names in a folder, and this is a file; name one of them"
            )
        return read_sheet(path, options), ()
    if options.name_pattern is not None:
        return read_by_pattern(path, options.name_pattern)
    sheets = [each for each in sorted(path.glob("*.csv")) if is_sheet_of_images(each)]
    if len(sheets) > 1:
        raise DataError(
            f"{path.name}: several sheets list images ({first_few(each.name for each in sheets)}); name the one that is meant"
        )
    if sheets:
        return read_sheet(sheets[0], options), (f"the sheet {sheets[0].name!r:.80} says what the images are",)
    asked = [name for name in (options.label, options.patient, options.slide) if name is not None]
    if asked:
        raise DataError(
            f"{path.name}: no sheet in it that could have a column {asked[0]!r:.60}; name the CSV that lists the images, with a column path"
        )
    if not labelled and not any("/" in name for name in image_files(path)):
        return [StatedImage(name, name, {}) for name in image_files(path)], ()
    return read_class_folders(path)
