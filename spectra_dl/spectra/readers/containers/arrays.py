"""What a file of named arrays holds, whatever program wrote it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from spectra_dl.arrays import FloatArray

# A shorter vector is no axis of a spectrum.
LEAST_POINTS = 20


@dataclass(frozen=True)
class Numbers:
    """A numeric array.

    Attributes
    ----------
    shape
        Its shape.
    load
        Gives its values as float64; called for arrays that are needed alone.
    """

    shape: tuple[int, ...]
    load: Callable[[], FloatArray]

    @property
    def length(self) -> int:
        """Length of a vector, 0 for anything else."""
        long = [size for size in self.shape if size != 1]
        return long[0] if len(long) == 1 and len(self.shape) <= 2 else 0


@dataclass(frozen=True)
class Cell:
    """A cell array: values in MATLAB's order, first dimension first.

    Attributes
    ----------
    shape
        Its shape.
    values
        As many.
    """

    shape: tuple[int, ...]
    values: Sequence["Value"]

    def at(self, *place: int) -> "Value":
        """Return the value at a place, from 0; None where there is none."""
        place = (*place, *([0] * (len(self.shape) - len(place))))
        if len(place) != len(self.shape) or any(k >= size for k, size in zip(place, self.shape, strict=True)):
            return None
        number, step = 0, 1
        for k, size in zip(place, self.shape, strict=True):
            number, step = number + k * step, step * size
        return self.values[number]


Texts = tuple[str, ...]
Value: TypeAlias = "Numbers | Cell | Texts | Mapping[str, Value] | None"
