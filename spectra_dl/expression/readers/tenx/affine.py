"""The matrix by which an image of H&E lies on a morphology image, as Xenium Explorer writes it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.text_lines import numbers_of, text_lines

_MOST_TILT = 0.05  # as for an array


@dataclass(frozen=True, eq=False)
class Alignment:
    """From pixels of an image of H&E to pixels of the morphology image.

    Attributes
    ----------
    matrix
        ``(3, 3)`` affine, for columns x, y, 1.
    scale
        Pixels of the morphology image per pixel of the other, above 0.
    """

    matrix: FloatArray
    scale: float

    def to_image(self, pixel: FloatArray) -> FloatArray:
        """Return ``(n, 2)`` pixels of the image of H&E for those of the morphology image."""
        linear, shift = self.matrix[:2, :2], self.matrix[:2, 2]
        return np.asarray(np.linalg.solve(linear, (pixel - shift).T).T, dtype=np.float64)


def read_alignment(path: Path) -> Alignment:
    """Read three lines of three numbers.

    Raises
    ------
    DataError
        It is no affine matrix, can't be inverted, or stretches one way more than the other.
    """
    lines = list(text_lines(path))[:4]
    if len(lines) != 3:
        raise DataError(
            f"{path.name}: {len(lines)} lines or more; an alignment is a CSV of three lines of three numbers, without a header"
        )
    matrix = np.array([numbers_of(line, ",", f"{path.name} line {number}", 3) for number, line in lines])
    linear = matrix[:2, :2]
    affine = np.isfinite(matrix).all() and np.allclose(matrix[2], (0, 0, 1), atol=1e-6)
    if not affine or np.abs(matrix).max() > 1e9:
        raise DataError(f"{path.name}: no affine matrix (its last line must be 0,0,1); take a fresh copy")
    longest, shortest = np.linalg.svd(linear, compute_uv=False)
    if not shortest > 1e-6:
        raise DataError(f"{path.name}: the matrix maps the image to a line or a point; take a fresh copy")
    if longest - shortest > _MOST_TILT * longest:
        raise DataError(
            f"{path.name}: it stretches the image {longest:.4g} times one way and {shortest:.4g} the other; align the image again"
        )
    return Alignment(matrix, float(np.sqrt(longest * shortest)))
