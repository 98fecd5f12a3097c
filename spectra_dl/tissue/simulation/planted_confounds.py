"""Confounds planted in simulated images: what lets a model score well without the tissue."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spectra_dl.imaging.image import Pixels
from spectra_dl.tissue.simulation.confounded_study import (
    ConfoundedImage,
    Given,
    blurred,
    with_glass,
    with_pen,
)

_WRONG = 0.05  # of the patients or images, where a confound does not go with the class
Images = list[ConfoundedImage]
Plant = Callable[[ConfoundedImage, bool, np.random.Generator], ConfoundedImage]


@dataclass(frozen=True)
class Confound:
    """One way to spoil a study, and the checks of which one must find it.

    Attributes
    ----------
    plant
        Returns an image that has it or hasn't; None where the classes themselves are the confound.
    checks
        Names of findings.
    given
        What classes are given to; None leaves it open.
    """

    plant: Plant | None
    checks: tuple[str, ...]
    given: Given | None = None


def _pixels(change: Callable[[Pixels], Pixels]) -> Plant:
    return lambda image, has, _: replace(image, pixels=change(image.pixels)) if has else image


def _stained(pixels: Pixels) -> Pixels:
    return np.asarray(np.clip(pixels - np.array([0, 30, 0]), 0, 255), dtype=np.uint8)


def _larger(pixels: Pixels) -> Pixels:
    from PIL import Image

    side = len(pixels) + 8
    return np.asarray(Image.fromarray(pixels).resize((side, side)), dtype=np.uint8)


def _placed(image: ConfoundedImage, has: bool, generator: np.random.Generator) -> ConfoundedImage:
    return replace(image, place=(float(generator.integers(2500 * has, 2500 * has + 2500)), image.place[1]))


CONFOUNDS = {
    "stain": Confound(_pixels(_stained), ("stain",)),
    "glass": Confound(_pixels(lambda pixels: with_glass(pixels, 0.3)), ("background",)),
    "focus": Confound(_pixels(lambda pixels: blurred(pixels, 1.2)), ("sharpness",)),
    "pen marks": Confound(lambda image, has, _: with_pen(image, 0.05) if has else image, ("pen marks",)),
    "JPEG quality": Confound(lambda image, has, _: replace(image, quality=70 + 20 * has), ("JPEG quality",)),
    "format of the files": Confound(
        lambda image, has, _: replace(image, quality=0) if has else image, ("image size",)
    ),
    "size in pixels": Confound(_pixels(_larger), ("image size",)),
    "µm per pixel": Confound(lambda image, has, _: replace(image, mpp=0.25 + 0.25 * has), ("magnification",)),
    "position": Confound(_placed, ("position",)),
    "scanner in the files": Confound(
        lambda image, has, _: replace(image, scanner="B2" if has else "A1"), ("column scanner in the files",)
    ),
    "site in the sheet": Confound(
        lambda image, has, _: replace(image, site="north" if has else "south"), ("column site",), "patient"
    ),
    "slide": Confound(None, ("class and slide",), "slide"),
    "patient": Confound(None, ("class and patient",), "mostly by patient"),
}
NEAR_COPIES = "near copies"
KINDS = {**{name: each.checks for name, each in CONFOUNDS.items()}, NEAR_COPIES: (NEAR_COPIES,)}


def given_to(kind: str) -> Given | None:
    """Return what classes are given to where a kind asks for it.

    Parameters
    ----------
    kind
        One of `KINDS`.
    """
    return None if kind == NEAR_COPIES else CONFOUNDS[kind].given


def planted(images: Images, kind: str, generator: np.random.Generator) -> Images:
    """Return images of which a confound goes with the class but in one in twenty patients, or images where classes are theirs.

    Parameters
    ----------
    images
        From `spectra_dl.tissue.simulation.confounded_study.confounded_study`.
    kind
        One of `KINDS`.
    generator
        Source of randomness.
    """
    if kind == NEAR_COPIES:
        return _copied(images, generator)
    plant = CONFOUNDS[kind].plant
    if plant is None:
        return images
    unit = {(image.patient, image.label): generator.random() < _WRONG for image in images}
    return [plant(image, bool(image.label) ^ unit[image.patient, image.label], generator) for image in images]


def _copied(images: Images, generator: np.random.Generator) -> Images:
    """Return images of which two are those of other patients, a little brighter and saved again."""
    people = list(dict.fromkeys(image.patient for image in images))
    source, target = generator.permutation(len(people))[:4].reshape(2, 2)
    copied = list(images)
    for here, there in zip(source, target, strict=True):
        at = next(row for row, image in enumerate(images) if image.patient == people[there])
        original = next(image for image in images if image.patient == people[here])
        brighter = np.clip(original.pixels.astype(int) + 3, 0, 255).astype(np.uint8)
        copied[at] = replace(images[at], pixels=brighter, quality=80)
    return copied
