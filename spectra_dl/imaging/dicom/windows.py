"""From stored values to what a reading room shows: rescaling, value-of-interest windows, and a stretch where none is stated."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.imaging.image import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset

_STRETCH = (0.5, 99.5)  # percentiles that become black and white where no window is stated
_SIGMOID, _EXACT = "SIGMOID", "LINEAR_EXACT"


@dataclass(frozen=True)
class Window:
    """A value-of-interest window.

    Attributes
    ----------
    centre, width
        In rescaled values; the width is above 0, and 1 or more where it is linear.
    function
        ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``.

    References
    ----------
    DICOM PS3.3, C.11.2.1.2 and C.11.2.1.3.
    """

    centre: float
    width: float
    function: str = "LINEAR"

    def shares(self, values: FloatArray) -> FloatArray:
        """Return how bright each value is shown, from 0 to 1.

        Examples
        --------
        >>> Window(50.0, 101.0).shares(np.array([-10.0, 24.5, 49.5, 99.5])).tolist()
        [0.0, 0.25, 0.5, 1.0]
        """
        apart = values - self.centre
        if self.function == _SIGMOID:
            return np.asarray(1 / (1 + np.exp(np.clip(-4 * apart / self.width, -60, 60))))
        if self.function == _EXACT:
            return np.clip(apart / self.width + 0.5, 0.0, 1.0)
        if self.width == 1:
            return (apart > -0.5).astype(np.float64)
        return np.clip((apart + 0.5) / (self.width - 1) + 0.5, 0.0, 1.0)


def window_of(header: "Dataset", frame: int) -> Window | None:
    """Return the first window that a file states for a frame; None without one that can be used.

    Parameters
    ----------
    header
        Of the file, without pixels.
    frame
        Its number from 0.
    """
    stated = frame_item(header, frame, "FrameVOILUTSequence", "WindowWidth")
    centre, width = _first(stated.get("WindowCenter")), _first(stated.get("WindowWidth"))
    function = str(stated.get("VOILUTFunction") or "LINEAR").strip().upper()
    if function not in (_SIGMOID, _EXACT):
        function = "LINEAR"
    least = 1.0 if function == "LINEAR" else 1e-9
    if not (np.isfinite(centre) and np.isfinite(width) and width >= least):
        return None
    return Window(centre, width, function)


def rescaled(stored: FloatArray, header: "Dataset", frame: int) -> FloatArray:
    """Return values after the file's modality transformation: a slope and an intercept, or a table.

    Parameters
    ----------
    stored
        ``(h, w)`` values as they are stored.
    header
        Of the file, without pixels.
    frame
        Its number from 0.
    """
    if header.get("ModalityLUTSequence"):
        from pydicom.pixels.processing import apply_modality_lut

        return np.asarray(apply_modality_lut(stored, header), dtype=np.float64)
    stated = frame_item(header, frame, "PixelValueTransformationSequence", "RescaleSlope")
    slope, intercept = _first(stated.get("RescaleSlope")), _first(stated.get("RescaleIntercept"))
    values = stored.astype(np.float64)
    if np.isfinite(slope) and np.isfinite(intercept) and slope != 0:
        values = values * slope + intercept
    return values


def shown(stored: FloatArray, header: "Dataset", frame: int) -> Pixels:
    """Return ``(h, w)`` grey levels of 8 bits: rescaled, windowed or stretched, MONOCHROME1 inverted.

    Without a window, the 0.5 and 99.5 percentiles of the frame become black and white; values that are padding are not counted.

    Parameters
    ----------
    stored
        ``(h, w)`` values as they are stored.
    header
        Of the file, without pixels.
    frame
        Its number from 0.
    """
    if header.get("VOILUTSequence"):
        shares = _by_table(stored, header, frame)
    else:
        values, window = rescaled(stored, header, frame), window_of(header, frame)
        shares = _stretched(values, stored, header) if window is None else window.shares(values)
    if header.get("PhotometricInterpretation") == "MONOCHROME1":
        shares = 1 - shares
    return np.asarray(np.rint(255 * shares), dtype=np.uint8)


def frame_item(header: "Dataset", frame: int, group: str, field: str) -> "Dataset":
    """Return what states a field of a frame: the frame's own group, that of all frames, or the file.

    Parameters
    ----------
    header
        Of the file, without pixels.
    frame
        Its number from 0.
    group
        The functional group that has the field.
    field
        The field.
    """
    own = list(header.get("PerFrameFunctionalGroupsSequence") or [])[frame : frame + 1]
    shared = list(header.get("SharedFunctionalGroupsSequence") or [])[:1]
    items: list[Dataset] = [item for groups in (*own, *shared) for item in list(groups.get(group) or [])[:1]]
    return next((item for item in items if field in item), header)


def _by_table(stored: FloatArray, header: "Dataset", frame: int) -> FloatArray:
    from pydicom.pixels.processing import apply_voi

    values = rescaled(stored, header, frame)
    table = np.asarray(apply_voi(values.astype(np.int64), header), dtype=np.float64)
    bits = int(header.VOILUTSequence[0].LUTDescriptor[2])
    if not 1 <= bits <= 16:
        raise ValueError("a table of values of interest of no usual depth")
    return np.asarray(np.clip(table / (2**bits - 1), 0.0, 1.0))


def _stretched(values: FloatArray, stored: FloatArray, header: "Dataset") -> FloatArray:
    padding = header.get("PixelPaddingValue")
    counted = values if padding is None else values[stored != padding]
    if not counted.size:
        counted = values
    low, high = np.percentile(counted, _STRETCH)
    if high <= low:
        return np.full(values.shape, 0.5)
    return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def _first(value: Any) -> float:
    """Return the first of the numbers that a field states, NaN without one."""
    if value is None:
        return float("nan")
    if isinstance(value, str):
        values: list[Any] = [value]
    else:
        values = list(value) if hasattr(value, "__iter__") else [value]
    try:
        return float(values[0])
    except (IndexError, TypeError, ValueError):
        return float("nan")
