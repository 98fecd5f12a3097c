"""What a file says twice of its axis: its ends and its points, in words or a header and in the numbers themselves."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from spectra_dl.arrays import FloatArray, median
from spectra_dl.errors import DataError
from spectra_dl.spectra.readers.stated.units import plain

# A header may give the ends of the detector's pixels where the numbers are their middles.
STEPS_OFF = 1.5
STEP_ROUNDED = 0.05
# Stated heights may be those of the spectrum before it was rounded.
HEIGHT_ROUNDED = 0.02
_POINTS = re.compile(
    r"\W{0,4}(?:npoints|(?:number of )?(?:data )?(?:points|pixels) in (?:the )?spectrum)\s*[:=\t,; ]\s*(\d{1,7})\W*"
)
_AXIS = re.compile(
    r"\W{0,4}(?P<name>first|last|delta)[\s_]?x\s*[:=\t,; ]\s*(?P<number>[+-]?\d{1,7}(?:[.,]\d{1,9})?(?:e[+-]?\d{1,2})?)\W*"
)


def refuse_other_ends(axis: FloatArray, first: float, last: float, where: str) -> None:
    """Refuse an axis whose ends are not those that its file states, in either order.

    Parameters
    ----------
    axis
        ``(p,)`` as the numbers of the file give it.
    first, last
        As the file states them.
    where
        The file, for messages.

    Raises
    ------
    DataError
        They lie more than one and a half steps apart.

    Examples
    --------
    >>> refuse_other_ends(np.arange(400.0, 500.0), 499, 400, "a.jdx")
    """
    known = axis[np.isfinite(axis)]
    if known.size < 2:
        return
    found, said = (float(known.min()), float(known.max())), (min(first, last), max(first, last))
    allowed = STEPS_OFF * float(median(np.abs(np.diff(known))))
    if not all(abs(here - there) <= allowed for here, there in zip(found, said, strict=True)):
        raise DataError(
            f"{where}: the file says that its axis runs from {said[0]:g} to {said[1]:g}, and its numbers run from {found[0]:g} to "
            f"{found[1]:g}; it is damaged or was changed by hand, export the spectrum again"
        )


def refuse_other_step(axis: FloatArray, step: float, where: str) -> None:
    """Refuse an axis whose points are not as far apart as its file states.

    Parameters
    ----------
    axis
        ``(p,)`` as the ends or the numbers of the file give it.
    step
        As the file states it, of either sign; 0 for nothing.
    where
        The file, for messages.

    Raises
    ------
    DataError
        It differs by more than a rounded number does.
    """
    stated, found = abs(step), abs(float(axis[-1] - axis[0])) / max(axis.size - 1, 1)
    if stated and abs(stated - found) > STEP_ROUNDED * max(stated, found):
        raise DataError(
            f"{where}: the file says that its points are {stated:g} apart, but from {axis[0]:g} to {axis[-1]:g} its {axis.size} points are "
            f"{found:g} apart; one of these is wrong, export the spectrum again"
        )


def other_heights(intensity: FloatArray, stated: Mapping[str, object]) -> tuple[str, ...]:
    """Return a note where the lowest or the highest intensity is not the one that the file states; none where all fit.

    Parameters
    ----------
    intensity
        ``(p,)`` in the file's order.
    stated
        What the file says of the lowest, then of the highest, by its own label; None for nothing.

    Examples
    --------
    >>> other_heights(np.array([5.0, 9.0]), {"MINY": 5.0, "MAXY": 9.01})
    ()
    """
    finite = intensity[np.isfinite(intensity)]
    if not finite.size:
        return ()
    found = (float(finite.min()), float(finite.max()))
    for (label, said), value in zip(stated.items(), found, strict=False):
        if isinstance(said, int | float) and not abs(said - value) <= HEIGHT_ROUNDED * max(map(abs, found)):
            return (
                f"the file says {label}={said:g}, and its intensities have {value:g} there; a factor or a number in it is wrong: copy the "
                "file, or export the spectrum again",
            )
    return ()


def check_text(texts: Iterable[str], axis: FloatArray, where: str, *, windows: bool = False) -> None:
    r"""Refuse a table whose points or ends are not those that the text around it states.

    Parameters
    ----------
    texts
        The lines above and below the table.
    axis
        ``(p,)`` of the table, in its own unit.
    where
        The file, for messages.
    windows
        Whether windows overlap, of which a program may count points once.

    Raises
    ------
    DataError
        The text counts other points, or as `refuse_other_ends` and `refuse_other_step`.

    Examples
    --------
    >>> check_text(["NPOINTS\t100"], np.arange(400.0, 500.0), "a.txt")
    """
    numbers: dict[str, float] = {}
    for text in map(plain, texts):
        points = None if windows else _POINTS.fullmatch(text)
        if points and int(points[1]) != axis.size:
            raise DataError(
                f"{where}: {axis.size} of {points[1]} points, by the text around the table; the file is truncated or was cut by hand, "
                "export the spectrum again"
            )
        if entry := _AXIS.fullmatch(text):
            numbers[entry["name"]] = float(entry["number"].replace(",", "."))
    refuse_other_step(axis, 0.0 if windows else numbers.get("delta", 0.0), where)
    if "first" in numbers and "last" in numbers:
        refuse_other_ends(axis, numbers["first"], numbers["last"], where)
