"""Runs of Visium HD: which of the folders ``square_002um``, ``square_008um``, ``square_016um`` is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.arrays import TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.tenx.bins import block_side
from spectra_dl.expression.readers.tenx.layout import Counts, counts_in, names_in

DEFAULT_BIN_UM = 8.0
_BARCODE = re.compile(r"s_([0-9]{3,4})um_[0-9]+_[0-9]+(-[0-9]+)?")
_SAME = 0.05  # relative
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


def stated_bin_size(
    barcode: TextArray, by_factors: float | None, by_folder: float | None, where: str
) -> float | None:
    """Return the side of bins in µm; None for spots.

    Parameters
    ----------
    barcode
        ``(n,)``; those of bins state their side.
    by_factors, by_folder
        The side by the scale factors and by the folder's name; None where they state none.
    where
        The section, for messages.

    Raises
    ------
    DataError
        Two of them differ.

    Examples
    --------
    >>> import numpy as np
    >>> stated_bin_size(np.array(["s_008um_00012_00034-1"], dtype=object), None, None, "run")
    8.0
    """
    match = _BARCODE.fullmatch(str(barcode[0])) if len(barcode) else None
    stated = {
        "the scale factors": by_factors,
        "the folder's name": by_folder,
        "the barcodes": float(match[1]) if match else None,
    }
    known = [(name, size) for name, size in stated.items() if size]
    for name, size in known[1:]:
        first, other = known[0]
        if abs(size - other) > _SAME * min(size, other):
            raise DataError(
                f"{where}: bins of {other:g} µm by {first}, but of {size:g} µm by {name}; correct the wrong one, or copy the run again"
            )
    return known[0][1] if known else None


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
