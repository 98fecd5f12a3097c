"""The images that a fine-tuned network most certainly called a class, with where in them it found the class."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, Texts, text_array
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


def first_classes(count: int) -> str:
    """Return of how many classes images are drawn, where not of all ``count``."""
    return "" if count <= MOST_CLASSES else f" of the first {MOST_CLASSES}"


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
    pixels
        ``(k, side, side, 3)`` uint8, as the network gets them.
    found
        ``(k, side, side)`` from 0 to 1: where in the image the class was found.
    """

    row: IndexArray
    called: TextArray
    probability: FloatArray
    pixels: NDArray[np.uint8]
    found: FloatArray

    def take(self, some: IndexArray) -> "DecisiveImages":
        """Return some of them."""
        return DecisiveImages(*(getattr(self, each.name)[some] for each in fields(self)))

    def json(
        self, model: str, chosen: str, name: Texts, *, patient: Texts | None, truth: Texts | None
    ) -> dict[str, object]:
        """Return what a page draws, ready for JSON: how images were chosen, what colours mean, and each image without and with colours.

        Parameters
        ----------
        model
            The title of the model.
        chosen
            How the images were chosen, in a sentence.
        name, patient, truth
            ``(n,)`` what all images are called, whose they are and of which class; None where nobody said.
        """
        drawn = [
            {
                "name": str(name[row]),
                "patient": None if patient is None else str(patient[row]),
                "truth": None if truth is None else str(truth[row]),
                "called": str(self.called[at]),
                "probability": round(float(self.probability[at]), _DECIMALS),
                "plain": jpeg_address(self.pixels[at], _QUALITY),
                "overlaid": jpeg_address(overlaid(self.pixels[at], self.found[at]), _QUALITY),
            }
            for at, row in enumerate(self.row.tolist())
        ]
        return {"model": model, "of": len(name), "chosen": chosen, "legend": list(LEGEND), "rows": drawn}


def decisive_images(
    networks: "Sequence[nn.Module]",
    inputs: NDArray[np.float32],
    probability: FloatArray,
    classes: Sequence[str],
    row: IndexArray,
) -> DecisiveImages:
    """Return images with where in them the class was found that each is called.

    Parameters
    ----------
    networks
        An ensemble of `spectra_dl.imaging.fine_tuning.tile_network.TileNetwork`.
    inputs
        ``(k, 3 side²)`` pixels of the images that are wanted, from 0 to 255; see `most_certain`.
    probability
        ``(k, c)`` of these.
    classes
        Their names.
    row
        ``(k,)`` their numbers among all images.
    """
    from spectra_dl.imaging.fine_tuning.grad_cam import mean_activation

    code, side = probability.argmax(axis=1), math.isqrt(inputs.shape[1] // 3)
    found = np.zeros((len(inputs), side, side))
    for each in np.unique(code):
        of_class = np.flatnonzero(code == each)
        found[of_class] = mean_activation(networks, inputs[of_class], int(each))
    pixels = inputs.reshape(-1, side, side, 3).astype(np.uint8)
    called = text_array(classes[each] for each in code)
    return DecisiveImages(row, called, probability.max(axis=1), pixels, found)


def joined(parts: Sequence[DecisiveImages]) -> DecisiveImages:
    """Return the images of several folds together."""
    names = [each.name for each in fields(DecisiveImages)]
    return DecisiveImages(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


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
