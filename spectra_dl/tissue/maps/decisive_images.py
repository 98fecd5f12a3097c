"""The images that a fine-tuned network most certainly called a class, with where in them it found the class."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.imaging.overlays.activation import overlaid
from spectra_dl.imaging.overlays.map_parts import jpeg_address

if TYPE_CHECKING:
    from torch import nn

MOST_CLASSES: Final = 6  # of which images are drawn
_QUALITY = 80  # of a JPEG: about 4 kB for 128 pixels a side
_DECIMALS = 4
LEGEND: Final = (
    "On the left an image as the model gets it; on the right with colours where the model found what speaks for the class it called, and against the others: yellow "
    "where it found most in this image, green where less, none where nothing speaks for the class.",
    "Colours are coarse, since the network's last layer looks at few places of an image. They say what the answer was read from, not that the tissue there is of the class; "
    "where they lie on a pen's mark, a label or a fold, the model has learnt something else.",
)


@dataclass(frozen=True, eq=False)
class DecisiveImages:
    """Images by their rows, and what was found in them.

    Attributes
    ----------
    row
        ``(k,)`` their numbers.
    called
        ``(k,)`` class of each, by its own probability.
    probability
        ``(k,)`` of that class.
    found
        ``(k, side, side)`` from 0 to 1: where in the image the class was found.
    """

    row: IndexArray
    called: TextArray
    probability: FloatArray
    found: FloatArray

    def take(self, some: IndexArray) -> "DecisiveImages":
        """Return some of them."""
        return DecisiveImages(self.row[some], self.called[some], self.probability[some], self.found[some])

    def json(self, model: str, chosen: str, rows: PixelRows, names: "NamedImages") -> dict[str, object]:
        """Return what a page draws, ready for JSON: how images were chosen, what colours mean, and each image without and with colours.

        Parameters
        ----------
        model
            The title of the model.
        chosen
            How the images were chosen, in a sentence.
        rows
            All images.
        names
            Of all images.
        """
        drawn = [
            {
                "name": str(names.name[row]),
                "patient": None if names.patient is None else str(names.patient[row]),
                "truth": None if names.label is None else str(names.label[row]),
                "called": str(self.called[at]),
                "probability": round(float(self.probability[at]), _DECIMALS),
                "plain": jpeg_address(rows.image(row), _QUALITY),
                "overlaid": jpeg_address(overlaid(rows.image(row), self.found[at]), _QUALITY),
            }
            for at, row in enumerate(self.row.tolist())
        ]
        return {"model": model, "of": len(rows), "chosen": chosen, "legend": list(LEGEND), "rows": drawn}


@dataclass(frozen=True, eq=False)
class NamedImages:
    """What ``n`` images are called, whose they are and of which class, each ``(n,)``; None where nobody said."""

    name: Texts
    patient: Texts | None
    label: Texts | None = None


def decisive_images(
    networks: "Sequence[nn.Module]",
    rows: PixelRows,
    probability: FloatArray,
    classes: Sequence[str],
    row: IndexArray,
) -> DecisiveImages:
    """Return images with where in them the class was found that each is called.

    Parameters
    ----------
    networks
        An ensemble of `spectra_dl.imaging.fine_tuning.tile_network.TileNetwork`.
    rows
        The ``k`` images that are wanted; see `most_certain`.
    probability
        ``(k, c)`` of these.
    classes
        Their names.
    row
        ``(k,)`` their numbers among all images.
    """
    from spectra_dl.imaging.fine_tuning.grad_cam import mean_activation

    code = probability.argmax(axis=1)
    found = np.zeros((len(rows), rows.side, rows.side))
    for each in np.unique(code):
        of_class = np.flatnonzero(code == each)
        found[of_class] = mean_activation(networks, rows[of_class].inputs(), int(each))
    return DecisiveImages(row, text_array(classes[each] for each in code), probability.max(axis=1), found)


def joined(parts: Sequence[DecisiveImages]) -> DecisiveImages:
    """Return the images of several folds together."""
    fields = ("row", "called", "probability", "found")
    return DecisiveImages(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def most_certain(
    kind: Sequence[object], probability: FloatArray, patient: Sequence[object], most: int
) -> IndexArray:
    """Return the numbers of the images of the highest probability of each kind, no two of one patient, kind by kind.

    Parameters
    ----------
    kind
        ``(n,)`` what is chosen among.
    probability
        ``(n,)`` of the class that each image is called.
    patient
        ``(n,)`` whose each is.
    most
        Images of a kind.

    Examples
    --------
    >>> most_certain(["a", "a", "b", "a"], np.array([0.6, 0.9, 0.7, 0.8]), ["p", "q", "p", "q"], 2)
    array([1, 0, 2])
    """
    kept, count, seen = [], Counter[object](), set[tuple[object, object]]()
    for row in sorted(range(len(kind)), key=lambda at: (kind[at], -probability[at], at)):
        of_patient = (kind[row], patient[row])
        if count[kind[row]] < most and of_patient not in seen:
            seen.add(of_patient)
            count[kind[row]] += 1
            kept.append(row)
    return np.array(kept, dtype=np.intp)
