"""The tensors of a stored network, checked against what its architecture has."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray


def checked_tensors(
    tensors: Mapping[str, NDArray[Any]],
    expected: Mapping[str, tuple[int, ...]],
    counters: tuple[str, ...] = (),
) -> dict[str, FloatArray]:
    """Return a network's tensors in float64.

    Parameters
    ----------
    tensors
        By name, in float32.
    expected
        The shape of each.
    counters
        Names of whole numbers that say how often a normalisation layer was trained; of no use any more.

    Raises
    ------
    RuntimeError
        Tensors are missing, extra, mis-shaped or of another type.
    """
    missing, extra = {*expected, *counters} - tensors.keys(), tensors.keys() - {*expected, *counters}
    if missing or extra:
        named = [f"{what} {min(names)}" for what, names in (("missing", missing), ("extra", extra)) if names]
        raise RuntimeError(", ".join(named))
    wanted: dict[str, tuple[tuple[int, ...], np.dtype[Any]]]
    wanted = {name: (shape, np.dtype(np.float32)) for name, shape in expected.items()}
    wanted |= {name: ((), np.dtype(np.int64)) for name in counters}
    for name, (shape, kind) in wanted.items():
        if tensors[name].shape != shape or tensors[name].dtype != kind:
            raise RuntimeError(f"{name} is {tensors[name].dtype} {tensors[name].shape}, not {kind} {shape}")
    return {name: tensors[name].astype(np.float64) for name in expected}
