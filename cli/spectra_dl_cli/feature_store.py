"""The option that names a store of features, and how it is opened."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spectra_dl.imaging.features.store import FeatureStore

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep features of tiles in this folder, and take them from there the next time.",
)


def open_store(folder: Path) -> "FeatureStore":
    """Return the store in a folder, which is made where it is missing.

    Raises
    ------
    UsageError
        The path is a file, or its parent is missing.
    DataError
        It is a link.
    EnvironmentFault
        Nothing can be written there.
    """
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.storage.run_folder import check_run_folder, make_run_folder

    check_run_folder(folder, overwrite=True, option="--store")
    make_run_folder(folder)
    return FeatureStore(folder)
