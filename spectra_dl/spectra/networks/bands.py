"""Sizes of the default network."""

from typing import Final

BANDS: Final = 125  # at most, of as many points each as it takes
FILTERS: Final = 4
HIDDEN: Final = 32
