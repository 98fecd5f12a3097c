"""Sizes of the default network."""

from typing import Final

BANDS: Final = 125  # at most, of as many points each as it takes
FILTERS: Final = 4
HIDDEN: Final = 32


def bands_of(n_wavenumbers: int) -> tuple[int, int]:
    """Return how many points a band has, and how many bands a spectrum has.

    Examples
    --------
    >>> bands_of(1000)
    (8, 125)
    """
    width = -(-n_wavenumbers // BANDS)
    return width, (n_wavenumbers - 1) // width + 1
