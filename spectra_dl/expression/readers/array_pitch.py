"""What the places of an array and the distances between spots say of the size of a pixel.

Visium's spots stand on a hexagonal lattice, 100 µm apart, every second column of a row filled; bins of Visium HD and spots of older arrays
stand on a square one, whose pitch only the files can state.
"""

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.pixel_size import PixelSize
from spectra_dl.expression.readers.source import fitted_array
from spectra_dl.expression.readers.tenx.space_ranger import PITCH_UM, STEP_UM
from spectra_dl.expression.section import ArrayPlaces, TissueSection, pitch_of

_FEWEST = 7  # spots: one with all its neighbours
_SAME = 0.05  # relative, of distances that are one
_NEXT = 0.2  # relative, of the distance of neighbours and one step of the array
_IRREGULAR = 0.3  # of a step, by which half the spots may lie off a fitted lattice
_VISIUM_PITCH = (1.3, 2.1)  # pitch per spot diameter: 100 µm by 65 µm, in some files by 55 µm
_NEIGHBOURS = 5  # of most spots inside a hexagonal lattice; 4 on a square one


def array_pixel_size(
    pixel: FloatArray, array: ArrayPlaces, pitch_um: float | None, where: str
) -> tuple[PixelSize | None, list[str]]:
    """Return µm per pixel by the rows and columns of an array, and notes; None where they don't say it.

    Parameters
    ----------
    pixel
        ``(n, 2)`` x and y; NaN where unknown.
    array
        Places of the same spots.
    pitch_um
        Distance of neighbours on a square array, as a file states it; None where none does.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Neighbours on Visium's array lie further apart one way than the other.
    """
    if array.row is None or array.column is None:
        return None, []
    place = np.stack([array.column, array.row], axis=1).astype(np.float64)
    known = np.isfinite(pixel).all(axis=1)
    place, pixel = place[known], pixel[known]
    if len(place) < _FEWEST or np.linalg.matrix_rank(place - place.mean(axis=0)) < 2:
        return None, []
    steps, rest = fitted_array(place, pixel)
    step = float(np.sqrt((steps**2).sum(axis=1).min()))
    if not step > 0 or np.median(rest) > _IRREGULAR * step:
        return None, ["positions do not follow array_row and array_col, which are not measured by"]
    staggered = len(np.unique((array.row + array.column)[known] % 2)) == 1
    hexagonal = _both_ways(steps / np.array(STEP_UM)[:, None])
    square = _both_ways(steps)
    if staggered and hexagonal is not None:
        source = f"from the array's pitch of {PITCH_UM:g} µm between neighbouring spots"
        return PixelSize(1.0 / hexagonal, source, measured=True), []
    # Places may be numbered by smaller bins than those that were kept: then one step is not the pitch.
    stepwise = square is not None and abs(pitch_of(pixel) - square) <= _NEXT * square
    if square is not None and stepwise and pitch_um is not None and not staggered:
        return PixelSize(pitch_um / square, f"from the array's pitch of {pitch_um:g} µm", measured=True), []
    if square is None and staggered:
        across, down = np.sqrt((steps**2).sum(axis=1))
        exchanged = _both_ways(steps / np.array(STEP_UM[::-1])[:, None]) is not None
        cause = "array_row and array_col are exchanged" if exchanged else "the positions were stretched"
        raise DataError(
            f"{where}: neighbouring columns of the array lie {across:.4g} pixels apart and rows {down:.4g}, {down / across:.3g} times as far, where Visium "
            f"has {STEP_UM[1] / STEP_UM[0]:.3g}; {cause}, correct them"
        )
    return None, []


def stray_spots(section: TissueSection) -> str:
    """Return a note on single spots whose positions are not where their rows and columns of the array lie; empty where all are.

    Where most spots lie elsewhere, the reader that measured by the array has said so.
    """
    array, position = section.array, section.position_um
    if array.row is None or array.column is None:
        return ""
    known = np.flatnonzero(np.isfinite(position).all(axis=1))
    place = np.stack([array.column, array.row], axis=1)[known].astype(np.float64)
    if len(place) < _FEWEST or np.linalg.matrix_rank(place - place.mean(axis=0)) < 2:
        return ""
    steps, rest = fitted_array(place, position[known])
    step = float(np.sqrt((steps**2).sum(axis=1).min()))
    if not (rest > step).any() or not 0 < np.median(rest) + step <= (1 + _IRREGULAR) * step:
        return ""
    stray = known[rest > pitch_of(place @ steps)]
    if not len(stray):
        return ""
    return (
        f"{section.name}: {len(stray)} of {len(known)} spots lie further than the pitch from where their row and column of the array are, "
        f"{section.barcode[stray[0]]!r:.60} among them; are their positions or places wrong?"
    )


def _both_ways(steps: FloatArray) -> float | None:
    """Return a step's length where both axes have the same; None where they differ."""
    longest, shortest = np.linalg.svd(steps, compute_uv=False)
    return float(longest + shortest) / 2 if longest - shortest <= _SAME * longest else None


def pitch_pixel_size(pixel: FloatArray, diameter_px: float | None) -> PixelSize | None:
    """Return µm per pixel by the distance of neighbours where it can be Visium's; None where it can't.

    Parameters
    ----------
    pixel
        ``(n, 2)`` x and y; NaN where unknown.
    diameter_px
        Of a spot, as a file states it; None where none does.
    """
    pitch = pitch_of(pixel)
    if diameter_px is None or not _VISIUM_PITCH[0] < pitch / diameter_px < _VISIUM_PITCH[1]:
        return None
    if not _hexagonal(pixel, pitch):
        return None
    source = f"from Visium's pitch of {PITCH_UM:g} µm between neighbouring spots"
    return PixelSize(PITCH_UM / pitch, source, measured=True)


def _hexagonal(pixel: FloatArray, pitch: float) -> bool:
    """Say whether spots have more neighbours than a square lattice gives; True where there are too few to see."""
    from scipy.spatial import cKDTree

    known = pixel[np.isfinite(pixel).all(axis=1)]
    tree = cKDTree(known)
    near = np.asarray(tree.query_ball_point(known, 1.2 * pitch, return_length=True)) - 1
    return bool(len(known) < 2 * _FEWEST or near.max() >= _NEIGHBOURS)
