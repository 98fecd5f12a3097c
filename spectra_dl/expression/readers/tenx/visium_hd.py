"""Runs of Visium HD: which of the folders ``square_002um``, ``square_008um``, ``square_016um`` is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.expression.readers.tenx.bins import block_side
from spectra_dl.expression.readers.tenx.layout import Counts, counts_in, names_in

DEFAULT_BIN_UM = 8.0
_SQUARE = re.compile(r"square_([0-9]{1,4})um")


@dataclass(frozen=True)
class Bins:
    """The bins that are read.

    Attributes
    ----------
    counts
        Theirs.
    size_um
        Their side.
    notes
        A sentence that names the others.
    """

    counts: Counts
    size_um: float
    notes: tuple[str, ...]


def bins_in(path: Path) -> Mapping[float, Path]:
    """Return the folders of bins by their side in µm: in this folder, its ``binned_outputs``, or that of its ``outs``."""
    for folder in (path, path / "binned_outputs", path / "outs" / "binned_outputs"):
        sizes = {
            float(match[1]): folder / name
            for name in names_in(folder)
            if (match := _SQUARE.fullmatch(name)) and (folder / name).is_dir() and float(match[1]) > 0
        }
        if sizes:
            return sizes
    return {}


def size_by_name(folder: Path) -> float | None:
    """Return the side of the bins that a folder's name states."""
    match = _SQUARE.fullmatch(folder.name)
    return float(match[1]) if match and float(match[1]) > 0 else None


def chosen_bins(sizes: Mapping[float, Path], bin_um: float | None, where: str) -> Bins:
    """Return the bins to read: 8 µm, or those that the size asked for is best joined from.

    Parameters
    ----------
    sizes
        Folders by their bins' side, one or more.
    bin_um
        The side asked for; None without.
    where
        The run, for messages.

    Raises
    ------
    DataError
        No folder has counts, or the size asked for can't be joined from any.
    """
    counted = {size: counts for size, folder in sorted(sizes.items()) if (counts := counts_in(folder))}
    if not counted:
        raise DataError(
            f"{where}: {', '.join(folder.name for folder in sizes.values()):.120} without filtered_feature_bc_matrix.h5; copy the run again"
        )
    if bin_um is None:
        size = (
            DEFAULT_BIN_UM
            if DEFAULT_BIN_UM in counted
            else min(counted, key=lambda s: abs(s - DEFAULT_BIN_UM))
        )
    else:
        fitting = [size for size in counted if block_side(size, bin_um)]
        if not fitting:
            listed = ", ".join(f"{size:g}" for size in counted)
            raise DataError(
                f"{where}: bins of {bin_um:g} µm can't be joined from those of {listed} µm in it; ask for a multiple of one of them"
            )
        size = min(fitting, key=lambda s: (abs((block_side(s, bin_um) or 0) * s - bin_um), -s))
    others = ", ".join(folder.name for other, folder in sizes.items() if other != size)
    beside = f"; {others} lie there too, choose with --bin-um or the column bin_um" if others else ""
    return Bins(counted[size], size, (f"the bins of {size:g} µm in {_shown(sizes[size])} are read{beside}",))


def _shown(folder: Path) -> str:
    """Return a folder of bins as it stands in its run."""
    parent = folder.parent.name
    return f"{parent}/{folder.name}" if parent == "binned_outputs" else folder.name
