"""Check that the spots of a section lie on its tissue.

The share of spots on tissue is compared with that of every other arrangement of the same coordinates: x and y swapped,
mirrored, turned, or in pixels of a smaller or larger image. An arrangement is better only if more spots lie on tissue
**and** the spots cover the tissue better, so that spots shrunk into a corner of it don't win.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.registration.overlay import NOT_USED, OFF_TISSUE, ON_TISSUE, write_overlay
from spectra_dl.expression.registration.tile_flags import flagged_spots
from spectra_dl.expression.section import OFF_TISSUE as BESIDE_TISSUE
from spectra_dl.expression.section import TissueSection, pitch_of
from spectra_dl.imaging.image import Pixels
from spectra_dl.imaging.precut_tiles import PrecutTiles
from spectra_dl.imaging.tissue_mask import Mask, tissue_mask
from spectra_dl.storage.wording import safe_file_name

# Longest sides in pixels, of the overlay and of the image that is searched.
_OVERLAY, _SEARCHED = 2_000, 700
_TISSUE_IN_SPOT = 0.25  # of a spot on tissue, at least
_LOWEST_SHARE = 0.4
_BETTER_SHARE, _BETTER_OVERLAP = 0.10, 0.08
_REACH = 0.75  # of the pitch: discs of this radius around all spots leave no gap between them
_SCALES = tuple(float(scale) for scale in 10.0 ** np.linspace(-1, 1, 41) if abs(scale - 1) > 0.05)

Arrangement = Callable[[FloatArray, float, float], FloatArray]
_TURNED: Mapping[str, Arrangement] = {
    "with x and y swapped": lambda at, width, height: at[:, ::-1],
    "mirrored left to right": lambda at, width, height: np.stack([width - at[:, 0], at[:, 1]], axis=1),
    "mirrored top to bottom": lambda at, width, height: np.stack([at[:, 0], height - at[:, 1]], axis=1),
    "turned by 180 degrees": lambda at, width, height: np.stack(
        [width - at[:, 0], height - at[:, 1]], axis=1
    ),
    "turned clockwise by 90 degrees": lambda at, width, height: np.stack(
        [width - at[:, 1], at[:, 0]], axis=1
    ),
    "turned anticlockwise by 90 degrees": lambda at, width, height: np.stack(
        [at[:, 1], height - at[:, 0]], axis=1
    ),
}


@dataclass(frozen=True)
class Registration:
    """The result of a check of a section's spots against its tissue.

    Attributes
    ----------
    share_on_tissue
        Of all spots with a position, 0 to 1; NaN where there is nothing to check.
    swapped_share
        The same with x and y swapped.
    best_scale
        The factor on the coordinates, 0.1 to 10, by which spots would cover the tissue best; 1 for the coordinates as they are.
    sentence
        The result in words.
    """

    share_on_tissue: float
    swapped_share: float
    best_scale: float
    sentence: str


def check_registration(
    section: TissueSection, *, overlay: str | os.PathLike[str] | None = None
) -> Registration:
    """Check that spots lie on tissue, and draw them over it.

    Parameters
    ----------
    section
        The section; tiles that were cut before can't be checked and pass.
    overlay
        A PNG to write: spots on tissue yellow, off tissue black, those that can't be used grey.

    Raises
    ------
    DataError
        Another arrangement of the same coordinates is clearly better, or fewer than 40 % of the spots lie on tissue.
    EnvironmentFault
        The overlay can't be written.
    """
    if isinstance(section.image, PrecutTiles):
        return Registration(
            np.nan,
            np.nan,
            np.nan,
            f"{section.name}: its tiles were cut before, so there is nothing to check against an image.",
        )
    pixels, scale = section.image.thumbnail(_OVERLAY)
    plane = _plane(pixels, scale, section)
    placed = np.isfinite(section.position_um).all(axis=1) & (section.reason != BESIDE_TISSUE)
    at = section.position_um[placed] / section.um_per_pixel * plane.scale
    current = plane.fit(at)
    if overlay is not None:
        _draw(overlay, pixels, scale, section, plane)
    alternatives = {name: plane.fit(turn(at, *plane.size)) for name, turn in _TURNED.items()}
    scales = {factor: plane.fit(at * factor, factor) for factor in _SCALES}
    no_worse = [factor for factor, fit in scales.items() if fit.share >= current.share]
    finer = [factor for factor in no_worse if scales[factor].overlap > current.overlap]
    best = max(scales, key=lambda factor: scales[factor].overlap) if finer else 1.0
    alternatives |= {f"with coordinates times {factor:.2g}": fit for factor, fit in scales.items()}
    _refuse(section, current, alternatives, overlay)
    swapped = alternatives["with x and y swapped"].share
    return Registration(
        current.share,
        swapped,
        best if best in finer else 1.0,
        f"{section.name}: {current.share:.0%} of {len(at)} spots lie on tissue ({swapped:.0%} with x and y swapped); no other arrangement is clearly better.",
    )


def registered(section: TissueSection, folder: Path | None) -> TissueSection:
    """Check a section's spots, and return the section with the result in its notes.

    Parameters
    ----------
    section
        The section.
    folder
        Where ``overlay_SECTION.png`` is drawn, also of a section that is refused; None draws none.

    Raises
    ------
    DataError
        See `check_registration`; or no spot at all has tissue under it.
    EnvironmentFault
        The overlay can't be written.
    """
    flags = flagged_spots(section)[section.placed]
    if len(flags) and (flags != "").all():
        raise DataError(
            f"{section.name}: all {len(flags)} spots have {flags[0]} in {section.image.path.name}; name another image with --image or in the column image"
        )
    overlay = folder / f"overlay_{safe_file_name(section.name)}.png" if folder else None
    registration = check_registration(section, overlay=overlay)
    return replace(section, notes=(*section.notes, registration.sentence))


@dataclass(frozen=True, eq=False)
class _Fit:
    """How spots at positions ``at`` (n, 2) lie on the tissue of a plane, where their distances are ``factor`` times as long."""

    plane: "_Plane"
    at: FloatArray
    factor: float

    @cached_property
    def share(self) -> float:
        """Share of the spots on tissue; 0 where there are none."""
        return float(self.plane.on_tissue(self.at).mean()) if len(self.at) else 0.0

    @cached_property
    def overlap(self) -> float:
        """Dice's overlap of the area around the spots with the tissue: only where it is asked for, since it takes long."""
        from scipy.ndimage import distance_transform_edt

        mask = self.plane.mask
        column, row, inside = self.plane.cells(self.at)
        if not inside.any():
            return 0.0
        away = np.ones(mask.shape, dtype=bool)
        away[row[inside], column[inside]] = False
        covered = distance_transform_edt(away) <= max(1.5, self.plane.reach * self.factor)
        return 2 * float((covered & mask).sum()) / float(max(1, covered.sum() + mask.sum()))


@dataclass(frozen=True, eq=False)
class _Plane:
    """The tissue of a section on a small image, with the spots' sizes in its pixels."""

    mask: Mask
    near: FloatArray
    scale: float
    reach: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return float(self.mask.shape[1]), float(self.mask.shape[0])

    def on_tissue(self, at: FloatArray) -> NDArray[np.bool_]:
        """Return ``(n,)`` whether enough of each spot is tissue; False outside the image."""
        column, row, inside = self.cells(at)
        on = np.zeros(len(at), dtype=bool)
        on[inside] = self.near[row[inside], column[inside]] >= _TISSUE_IN_SPOT
        return on

    def fit(self, at: FloatArray, factor: float = 1.0) -> _Fit:
        """Return the fit of spots at these positions ``(n, 2)``, their distances stretched by ``factor``."""
        return _Fit(self, at, factor)

    def cells(self, at: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        column, row = np.clip(np.floor(at), -1, 1 << 20).astype(np.intp).T
        inside = (column >= 0) & (column < self.mask.shape[1]) & (row >= 0) & (row < self.mask.shape[0])
        return column, row, inside


def _plane(pixels: Pixels, scale: float, section: TissueSection) -> _Plane:
    from PIL import Image
    from scipy.ndimage import uniform_filter

    small = Image.fromarray(pixels)
    small.thumbnail((_SEARCHED, _SEARCHED))
    ratio = small.width / pixels.shape[1] * scale
    mask = tissue_mask(np.asarray(small, dtype=np.uint8))
    per_um = ratio / section.um_per_pixel
    pitch, diameter = _sizes_um(section)
    near = uniform_filter(mask.astype(np.float64), max(3, round(diameter * per_um)), mode="nearest")
    return _Plane(mask, near, ratio, _REACH * pitch * per_um)


def _sizes_um(section: TissueSection) -> tuple[float, float]:
    """Return distance and diameter of spots in µm; where not known, the measured distance and half of it."""
    pitch = section.spot_pitch_um or pitch_of(section.position_um)
    pitch = pitch if np.isfinite(pitch) and pitch > 0 else 100.0
    return pitch, section.spot_diameter_um or pitch / 2


def _draw(
    path: str | os.PathLike[str], pixels: Pixels, scale: float, section: TissueSection, plane: _Plane
) -> None:
    centre = section.position_um / section.um_per_pixel
    on = plane.on_tissue(np.nan_to_num(centre * plane.scale, nan=-1.0))
    colour = [
        NOT_USED if not usable else ON_TISSUE if good else OFF_TISSUE
        for usable, good in zip(section.usable, on, strict=True)
    ]
    radius = _sizes_um(section)[1] / 2 / section.um_per_pixel * scale
    write_overlay(path, pixels, centre * scale, max(2.0, radius), colour)


def _refuse(
    section: TissueSection,
    current: _Fit,
    alternatives: Mapping[str, _Fit],
    overlay: str | os.PathLike[str] | None,
) -> None:
    look = f"look at {os.path.basename(overlay)}" if overlay is not None else "draw its overlay"
    better = {
        name: fit
        for name, fit in alternatives.items()
        if fit.share >= current.share + _BETTER_SHARE and fit.overlap >= current.overlap + _BETTER_OVERLAP
    }
    if better:
        name = max(better, key=lambda arrangement: better[arrangement].overlap)
        raise DataError(
            f"{section.name}: {current.share:.0%} of the spots lie on tissue, and {better[name].share:.0%} would {name}; {look} and correct the "
            "coordinates or name another image"
        )
    if current.share < _LOWEST_SHARE:
        raise DataError(
            f"{section.name}: only {current.share:.0%} of the spots lie on tissue; {look}, correct the coordinates or leave out spots beside the tissue"
        )
