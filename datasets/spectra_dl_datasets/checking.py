"""Which dataset a folder holds, recognised by its files and never by its name."""

import json
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.storage.hashing import sha256_of
from spectra_dl_datasets.card import DatasetCard
from spectra_dl_datasets.files import CheckedFile, check_files
from spectra_dl_datasets.registry import dataset_card, dataset_names

_MOST_FILES = 10_000


def recognise(folder: Path) -> tuple[DatasetCard | None, tuple[CheckedFile, ...]]:
    """Return the card with most of its files in ``folder``, by name and then by content, and how each compares.

    Raises
    ------
    DataError
        There is no such folder, or a file can't be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; name the folder that holds a dataset's files")
    best: tuple[DatasetCard | None, tuple[CheckedFile, ...]] = (None, ())
    most = (0, 0.0)
    for name in dataset_names():
        card = dataset_card(name)
        if not any((folder / file.path).is_file() for file in card.known_files):
            continue
        checked = check_files(card, folder)
        right = sum(file.state == "ok" for file in checked)
        present = sum(file.state != "missing" for file in checked)
        if (right, present / len(checked)) > most:
            most, best = (right, present / len(checked)), (card, checked)
    return best


def card_lines(folder: Path) -> str:
    """Return the ``files`` of a new card for what lies in ``folder``.

    Raises
    ------
    DataError
        There are no files, or far too many, or one can't be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if not 0 < len(paths) <= _MOST_FILES:
        raise DataError(f"{folder}: {len(paths)} files in it; name a folder with 1 to {_MOST_FILES:,}")
    lines = [
        f"  {{ path = {json.dumps(path.relative_to(folder).as_posix(), ensure_ascii=False)}, "
        f'sha256 = "{sha256_of(path)}", size = {path.stat().st_size} }},'
        for path in paths
    ]
    return "\n".join(["files = [", *lines, "]"])
