"""Bring a dataset's files to their folder, each verified by SHA-256 before it gets its name; no archive is ever unpacked."""

import contextlib
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from spectra_dl.errors import DataError, EnvironmentFault, UsageError
from spectra_dl.storage.atomic import whole_path
from spectra_dl_datasets.card import DataFile, DatasetCard
from spectra_dl_datasets.files import dataset_folder, file_state

Progress = Callable[[str], None]


def fetch(
    card: DatasetCard,
    *,
    source: Path | None = None,
    folder: Path | None = None,
    bar: bool = False,
    say: Progress | None = None,
) -> tuple[Path, int]:
    """Bring what is missing or changed, from the network or from ``source``; what is there and right stays.

    An interrupted fetch goes on with the file it was at when it is run again.

    Parameters
    ----------
    card
        Of the set.
    source
        A folder that holds a copy; None downloads.
    folder
        Where to; None takes the set's place below `data_home`.
    bar
        Draw a progress bar for each download.
    say
        Takes the name of each file before it is brought.

    Returns
    -------
    folder
        Where the files lie now.
    count
        How many were brought.

    Raises
    ------
    UsageError
        The set is generated, or its checksums were never seen.
    DataError
        A file is missing in ``source`` or is not the one of the card; it is not kept.
    EnvironmentFault
        The network or the disk is in the way.
    """
    _refuse_what_has_no_files(card)
    target = dataset_folder(card) if folder is None else folder
    wanted = [file for file in card.known_files if file_state(file, target / file.path) != "ok"]
    if source is None:
        _refuse_without_address(card, wanted, target)
    elif not source.is_dir():
        raise DataError(f"{source}: no such folder; name the folder that holds the files of {card.id}")
    for file in wanted:
        if say:
            say(file.path)
        _bring(card, file, target, source=source, bar=bar)
    return target, len(wanted)


def _refuse_what_has_no_files(card: DatasetCard) -> None:
    if card.files == "generated":
        raise UsageError(f"{card.id} is generated and has no files; use it by its name")
    if card.files == "unseen":
        raise UsageError(
            f"{card.id}: its files were never seen here, so nothing could be verified; get them from {card.address:.150} and put them "
            f"by hand into {dataset_folder(card)}: {card.layout:.150}"
        )


def _refuse_without_address(card: DatasetCard, wanted: list[DataFile], target: Path) -> None:
    without = [file for file in wanted if file.address is None]
    if without:
        raise UsageError(
            f"{card.id}: {len(without)} of {len(card.known_files)} files, {without[0].path} first, have no pinned download; get them from "
            f"{card.address:.150} and add --from DIR, or put them by hand into {target}"
        )


def _bring(card: DatasetCard, file: DataFile, target: Path, *, source: Path | None, bar: bool) -> None:
    place = target / file.path
    with _folder(place.parent), whole_path(place) as temporary:
        if source is None:
            _download(card, file, temporary, place, bar=bar)
        else:
            _copy(card, file, source / file.path, temporary)


@contextlib.contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Create a folder, and remove what was created of its path if the block fails."""
    created = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise EnvironmentFault(
            f"{folder}: can't be created ({err.strerror}); set SPECTRA_DL_DATA to another folder"
        ) from err
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # another process may have put something there
            for path in created:
                path.rmdir()
        raise


def _copy(card: DatasetCard, file: DataFile, source: Path, temporary: Path) -> None:
    """Copy first and verify the copy, so that what is kept is what was verified."""
    if not source.is_file():
        raise DataError(
            f"{source}: missing; {card.id} needs {len(card.known_files)} files ({card.layout:.200})"
        )
    if source.stat().st_size == file.size:
        shutil.copyfile(source, temporary)
        if file_state(file, temporary) == "ok":
            return
    raise DataError(
        f"{source}: not the file of {card.id} at {card.version:.100}: its size or SHA-256 differs; get it from {card.address:.120}"
    )


def _download(card: DatasetCard, file: DataFile, temporary: Path, place: Path, *, bar: bool) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)  # it logs each file's folder and hash
    try:
        pooch.retrieve(
            file.address,
            known_hash=f"sha256:{file.sha256}",
            fname=temporary.name,
            path=temporary.parent,
            progressbar=bar,
        )
    except requests.RequestException as err:
        raise EnvironmentFault(
            f"{card.id}: {file.address} can't be reached ({type(err).__name__}); download it on another machine and put it here by hand: "
            f"{place}, or add --from DIR"
        ) from err
    except ValueError as err:
        raise DataError(
            f"{card.id}: what came from {file.address} has another SHA-256 than {file.sha256}; nothing was kept, bring the file by hand"
        ) from err
