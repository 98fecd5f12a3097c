"""Single wavenumbers that stand out of an otherwise smooth axis: digits misspelt, or windows put together."""

import numpy as np

from spectra_dl.arrays import FloatArray

# Axes run smoothly: even in cm⁻¹, or bent a little, as pixels of equal width are; rounding is the rest.
_ROUNDING_FACTOR = 4.0
_LEAST_SHARE = 1e-6  # of the step
_FEWEST_POINTS = 20
_MOST_SHARE = 0.05


def uneven_notes(ascending: FloatArray) -> tuple[str, ...]:
    """Return a note where the step of an ascending axis changes suddenly, at few points; none where it does not.

    Examples
    --------
    >>> import numpy as np
    >>> axis = np.arange(400.0, 500.0, 2.0)
    >>> axis[20] += 0.4
    >>> uneven_notes(axis)
    ('the step of the axis changes near 440.4 cm⁻¹: a misspelt wavenumber, or windows put together?',)
    """
    if ascending.size < _FEWEST_POINTS:
        return ()
    bend = np.abs(np.diff(ascending, n=2))
    # One wrong point bends the axis in three places.
    usual = float(np.quantile(bend, 1 - max(_MOST_SHARE, 4 / bend.size)))
    limit = max(_ROUNDING_FACTOR * usual, _LEAST_SHARE * float(np.median(np.diff(ascending))))
    if not np.any(bend > limit):
        return ()
    worst = 1 + int(np.argmax(bend))
    return (
        f"the step of the axis changes near {ascending[worst]:g} cm⁻¹: a misspelt wavenumber, or windows put together?",
    )
