"""One pixel size from all that state it: what a person says, the array's pitch, and the fields of files."""

from collections.abc import Sequence
from dataclasses import dataclass

from spectra_dl.errors import DataError

_SAME = 0.1  # relative: sizes that are measured differ by a few percent
_ROUGH = 0.6  # and those by an objective: scanners of one magnification differ by less
_ASK = "it does not say how many µm a pixel has; say --mpp, or fill in the column mpp"


@dataclass(frozen=True)
class PixelSize:
    """µm per pixel of the full-resolution image.

    Attributes
    ----------
    um_per_pixel
        Above 0; twelve digits are kept.
    source
        Where it comes from, in words that go on from "µm per pixel, ".
    measured
        Whether it follows from distances on the array, which no scanner's setting can change.
    rough
        Whether it only follows from the objective's magnification: never used, only held against what is.
    """

    um_per_pixel: float
    source: str
    measured: bool = False
    rough: bool = False

    def __post_init__(self) -> None:
        # Without the last digits of whatever computed it: they would decide which of two neighbours at one distance is nearer.
        object.__setattr__(self, "um_per_pixel", float(f"{self.um_per_pixel:.12g}"))


def agreed_pixel_size(
    given: float | None, stated: Sequence[PixelSize | None], where: str
) -> tuple[PixelSize, tuple[str, ...]]:
    """Return the pixel size that holds, and a note for each statement that differs from it.

    Parameters
    ----------
    given
        µm per pixel as a person says it; None without.
    stated
        What the files say, the surest first; None where they say nothing.
    where
        The file, for messages.

    Raises
    ------
    DataError
        Nobody states a size; the array's pitch says another than the person; or two statements of files differ and nobody chose.

    Examples
    --------
    >>> size, notes = agreed_pixel_size(None, [PixelSize(0.5, "from the slide's field")], "slide.svs")
    >>> size.um_per_pixel, notes
    (0.5, ())
    """
    known = [size for size in stated if size is not None and not size.rough]
    rough = [size for size in stated if size is not None and size.rough]
    if given is None:
        if not known:
            about = [f" ({size.source} it is about {size.um_per_pixel:.2g})" for size in rough[:1]]
            raise DataError(f"{where}: {_ASK}{''.join(about)}")
        first = known[0]
        for other in known[1:]:
            if differ(first, other):
                raise DataError(
                    f"{where}: {first.um_per_pixel:.4g} µm per pixel {first.source}, but {other.um_per_pixel:.4g} {other.source}; "
                    "correct the wrong one, or say --mpp or fill in the column mpp with the right one"
                )
        return first, _beyond(first, rough, where)
    chosen = PixelSize(given, "as given")
    notes = []
    for other in known:
        if not differ(chosen, other):
            continue
        times = f"{given / other.um_per_pixel:.3g} times the {other.um_per_pixel:.4g} {other.source}"
        if other.measured:
            raise DataError(
                f"{where}: the {given:.4g} µm per pixel given are {times}; give the size of a pixel of the full-resolution image, or leave "
                "--mpp and the column mpp away"
            )
        notes.append(f"{where}: the {given:.4g} µm per pixel given are {times}; what is given is used")
    return chosen, (*notes, *_beyond(chosen, rough, where))


def _beyond(chosen: PixelSize, rough: Sequence[PixelSize], where: str) -> tuple[str, ...]:
    """Return a note for each magnification that another size of a pixel goes with."""
    return tuple(
        f"{where}: {chosen.um_per_pixel:.4g} µm per pixel, {chosen.source}, are {chosen.um_per_pixel / size.um_per_pixel:.2g} times the about "
        f"{size.um_per_pixel:.2g} {size.source}; check which is right"
        for size in rough
        if differ(chosen, size)
    )


def differ(first: PixelSize, second: PixelSize) -> bool:
    """Return whether two sizes differ by more than measuring them does, a tenth; more where one of them is rough.

    Parameters
    ----------
    first, second
        Of one image.
    """
    least = min(first.um_per_pixel, second.um_per_pixel)
    same = _ROUGH if first.rough or second.rough else _SAME
    return abs(first.um_per_pixel - second.um_per_pixel) > same * least
