"""Whether the files of a dataset are there and are what they were."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spectra_dl.errors import DataError
from spectra_dl.storage.hashing import sha256_of
from spectra_dl_datasets.card import UNSEEN, DataFile, DatasetCard

VARIABLE = "SPECTRA_DL_DATA"
State = Literal["ok", "missing", "changed", "unseen"]


@dataclass(frozen=True)
class CheckedFile:
    """A file of a card and how the one in a folder compares.

    Attributes
    ----------
    file
        As the card describes it.
    state
        "unseen" is there, but nobody knows its checksum.
    """

    file: DataFile
    state: State


def data_home() -> Path:
    """Return the folder that holds a folder for each set: that of the variable SPECTRA_DL_DATA, or the user's cache."""
    if folder := os.environ.get(VARIABLE):
        return Path(folder).expanduser()
    import pooch

    return Path(pooch.os_cache("spectra-dl"))


def dataset_folder(card: DatasetCard) -> Path:
    """Return the place of a set's files below `data_home`."""
    return data_home() / card.id


def check_files(card: DatasetCard, folder: Path) -> tuple[CheckedFile, ...]:
    """Compare each file that the card names with the one in ``folder``, by size and SHA-256.

    Parameters
    ----------
    card
        Of the set.
    folder
        That holds the set's files, or some of them.

    Returns
    -------
    tuple
        One for each file that the card names, in its order.

    Raises
    ------
    DataError
        A file can't be read.
    """
    return tuple(CheckedFile(file, file_state(file, folder / file.path)) for file in card.known_files)


def file_state(file: DataFile, path: Path) -> State:
    """Return whether a file is the one that the card describes; a file of another size is not read.

    Parameters
    ----------
    file
        As the card describes it.
    path
        Where it should be.

    Returns
    -------
    State
        "ok", "missing", "changed", or "unseen" where the card has no checksum.

    Raises
    ------
    DataError
        It can't be read.
    """
    if not path.is_file():
        return "missing"
    if file.size != UNSEEN and path.stat().st_size != file.size:
        return "changed"
    if file.sha256 == UNSEEN:
        return "unseen"
    return "ok" if sha256_of(path) == file.sha256 else "changed"


def present(card: DatasetCard, folder: Path) -> bool:
    """Return whether a set's files seem to be in a folder, by their names only.

    Parameters
    ----------
    card
        Of the set.
    folder
        Where they should be.
    """
    if not card.known_files:
        return folder.is_dir() and any(folder.iterdir())
    return all((folder / file.path).is_file() for file in card.known_files)


def verified_folder(card: DatasetCard, folder: Path | None = None) -> Path:
    """Return the folder of a set whose files are all there and unchanged.

    Parameters
    ----------
    card
        Of the set.
    folder
        Where its files lie; None takes its place below `data_home`.

    Raises
    ------
    DataError
        A file is missing or is not what it was, or there is no folder; says how to get it.
    """
    place = dataset_folder(card) if folder is None else folder
    if not card.known_files:
        if not place.is_dir():
            raise DataError(
                f"{card.id}: its files were never seen here; get them from {card.address:.120} and put them into {place}: {card.layout:.180}"
            )
        return place
    wrong = [checked for checked in check_files(card, place) if checked.state in ("missing", "changed")]
    if wrong:
        first = wrong[0]
        what = (
            "is missing" if first.state == "missing" else "is not what it was (its size or SHA-256 differs)"
        )
        raise DataError(
            f"{place}: {first.file.path} {what}, and so are {len(wrong) - 1} more of {len(card.known_files)} files; "
            f"get the set with: spectra-dl data fetch {card.id}"
        )
    return place
