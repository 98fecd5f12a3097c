"""The predicted images of a slide, each at its place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.classification.decision import DecisionRule
from spectra_dl.imaging.overlays.map_parts import file_stems
from spectra_dl.tissue.images import TissueImages, rows_by
from spectra_dl.tissue.predictor import ImagePredictions

# Colours that every reader can tell apart (Okabe and Ito 2008), and greys for images without a class.
_COLOURS = (
    (213, 94, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (86, 180, 233),
    (230, 159, 0),
)
ATTENDED = ("attention above the mean", "attention below the mean")  # of the images of a patient
_SAME = 0.01  # by which µm per pixel of a slide's images may differ
_NO_ANSWER, _REFUSED = (150, 150, 150), (90, 90, 90)


@dataclass(frozen=True, eq=False)
class SlideTiles:
    """Images of one slide that have a place and could be opened.

    Attributes
    ----------
    name, stem
        The slide's name, and what its files are called.
    images
        ``n`` images.
    corner, size
        ``(n, 2)`` x and y of each image's upper left corner in the slide's pixels, and its width and height: as large as its file where nobody said its side.
    um_per_pixel
        Of the slide, where its images say one and the same; else None.
    status, decided
        ``(n,)`` text: of the prediction, and the class; empty where there is none.
    classes
        Of the model.
    probability
        ``(n, c)``, NaN where none is stated; None where no class is predicted.
    attention
        ``(n,)`` share of each image in the answer of its patient or slide, NaN where it was not pooled; None where images are not pooled.
    """

    name: str
    stem: str
    images: TissueImages
    corner: FloatArray
    size: FloatArray
    um_per_pixel: float | None
    status: TextArray
    decided: TextArray
    classes: tuple[str, ...]
    probability: FloatArray | None
    attention: FloatArray | None = None

    @property
    def shown_class(self) -> list[str]:
        """``(n,)`` each image's class, or why it has none."""
        return [
            name or ("refused" if status == "refused" else "unlike training")
            for name, status in zip(self.decided, self.status, strict=True)
        ]

    def rings(self) -> FloatArray:
        """Return the corners ``(n, 4, 2)`` of each image, in the slide's pixels."""
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
        rings: FloatArray = self.corner[:, np.newaxis] + unit * self.size[:, np.newaxis]
        return rings


def colour_of(name: str, classes: tuple[str, ...]) -> tuple[int, int, int]:
    """Return red, green and blue of a class, or grey for images without one.

    Parameters
    ----------
    name
        From `SlideTiles.shown_class`.
    classes
        Of the model.
    """
    if name not in classes:
        return _REFUSED if name == "refused" else _NO_ANSWER
    return _COLOURS[classes.index(name) % len(_COLOURS)]


def slides_of(images: TissueImages, rows: ImagePredictions, rule: DecisionRule) -> Iterator[SlideTiles]:
    """Yield the slides whose images have places, in order of first appearance.

    Parameters
    ----------
    images, rows
        What was predicted, and how.
    rule
        How images are decided.
    """
    decided = np.array(rule.of_rows(rows), dtype=object)
    for place in _places(images):
        yield place.shown(
            rows.status,
            decided,
            tuple(rule.classes),
            probability=rows.stated_probability,
            attention=rows.attention,
        )


def attended_slides(images: TissueImages, patient: TextArray, attention: FloatArray) -> Iterator[SlideTiles]:
    """Yield the slides whose images have places, each image with its attention and whether that is above the mean of its patient's.

    Parameters
    ----------
    images
        ``n`` images.
    patient
        ``(n,)`` whose each is.
    attention
        ``(n,)`` shares, which sum to 1 over a patient; NaN of images that were not pooled, as they are unlike training.
    """
    decided, pooled = text_array([""] * len(images)), np.isfinite(attention)
    for own in rows_by(patient).values():
        some = own[pooled[own]]
        decided[some] = [ATTENDED[int(share <= 1.0 / len(some))] for share in attention[some].tolist()]
    status = text_array(np.where(pooled, "ok", "warned"))
    for place in _places(images):
        yield place.shown(status, decided, ATTENDED, probability=None, attention=attention)


@dataclass(frozen=True, eq=False)
class _Place:
    """A slide, with the numbers of its images that have a place and can be opened, their corners and sizes ``(k, 2)``, and µm per pixel where known."""

    name: str
    stem: str
    images: TissueImages
    rows: IndexArray
    corner: FloatArray
    size: FloatArray
    um_per_pixel: float | None

    def shown(
        self,
        status: TextArray,
        decided: TextArray,
        classes: tuple[str, ...],
        *,
        probability: FloatArray | None,
        attention: FloatArray | None,
    ) -> SlideTiles:
        """Return the slide's images with what is said of all images."""
        at = self.rows
        return SlideTiles(
            self.name,
            self.stem,
            self.images,
            self.corner,
            self.size,
            self.um_per_pixel,
            status[at],
            decided[at],
            classes,
            None if probability is None else probability[at],
            None if attention is None else attention[at],
        )


def _places(images: TissueImages) -> Iterator[_Place]:
    if images.slide is None or images.position is None:
        return
    placed = np.flatnonzero(np.isfinite(images.position).all(axis=1))
    slides = rows_by(images.slide[placed])
    for (name, rows_of), stem in zip(slides.items(), file_stems(list(slides)), strict=True):
        own = placed[rows_of]
        sizes, pixel = _sizes(images[own])
        opened = np.isfinite(sizes).all(axis=1)
        at = own[opened]
        if len(at):
            scale = _one_value(pixel[opened])
            yield _Place(name, stem, images[at], at, images.position[at], sizes[opened], scale)


def _sizes(images: TissueImages) -> tuple[FloatArray, FloatArray]:
    """Return width and height ``(n, 2)`` of each image in its slide's pixels, NaN where it can't be opened, and µm of such a pixel, NaN where it is not known."""
    sizes = images.files.sizes()
    unknown = np.full(len(images), np.nan)
    side = unknown if images.side is None else images.side
    larger = np.where(np.isfinite(side), side / sizes[:, 0], 1.0)
    mpp = unknown if images.mpp is None else images.mpp
    return sizes * larger[:, np.newaxis], mpp / larger


def _one_value(values: FloatArray) -> float | None:
    """Return the value that all of those that are known share, but for rounding; None without one."""
    known = values[np.isfinite(values)]
    return float(known[0]) if len(known) and np.ptp(known) <= _SAME * known[0] else None
