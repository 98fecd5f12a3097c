"""The features of MiniRocket on the processor: in machine code where it can be compiled, else by torch, to the same bits."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 64  # by torch: a quarter of a megabyte for each output of 1,000 points stays in the cache


def features_on_processor(
    rows: NDArray[np.float32], dilations: NDArray[np.intp], thresholds: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return the share of points at which each kernel's output for ``rows`` is above each of its thresholds, ``(n, f)``.

    Parameters
    ----------
    rows
        ``(n, w)`` spectra, w >= 9.
    dilations
        ``(d,)`` from `spectra_dl.spectra.networks.minirocket_kernels.dilation_counts`.
    thresholds
        ``(84, count)`` for each dilation.
    """
    try:
        # Imported here: a program that forms no features needs no compiler.
        from spectra_dl.spectra.networks.minirocket_compiled import compiled_features

        return compiled_features(rows, dilations, thresholds)
    except (ImportError, OSError, RuntimeError):  # no compiler for this processor
        return _by_torch(rows, dilations, thresholds)


def _by_torch(
    rows: NDArray[np.float32], dilations: NDArray[np.intp], thresholds: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    import torch

    from spectra_dl.spectra.networks.minirocket_kernels import rocket_features

    compared = [torch.from_numpy(each) for each in thresholds]
    parts = [
        rocket_features(torch.from_numpy(rows[at : at + _ROWS_AT_ONCE]), dilations, compared).numpy()
        for at in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return (
        np.concatenate(parts) if parts else np.empty((0, sum(each.size for each in thresholds)), np.float32)
    )
