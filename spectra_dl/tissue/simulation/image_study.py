"""Simulated tiles of tumour: viable, necrotic and no tumour, in stains that differ between patients."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import UsageError
from spectra_dl.imaging.image import Pixels
from spectra_dl.storage.text.csv_rows import csv_text

CLASSES = ("no tumour", "necrotic", "viable")
# Nuclei in a tile of 64 pixels, their radius, and how dark they are.
_NUCLEI = {"no tumour": (4, 1.5, 0.9), "necrotic": (9, 2.5, 0.35), "viable": (26, 3.0, 1.0)}
_STROMA, _NUCLEUS = np.array([226.0, 160.0, 196.0]), np.array([96.0, 62.0, 140.0])


@dataclass(frozen=True)
class ImageStudySettings:
    """What is simulated.

    Attributes
    ----------
    patients
        How many.
    tiles_per_class
        Images that a patient has of each class it has.
    side
        Of an image, in pixels.
    stain
        Standard deviation of the patients' stains, in grey levels of 255.
    one_class_each
        Give each patient images of one class only, so that the class is the patient's.
    seed
        The same seed gives the same images.
    """

    patients: int = 12
    tiles_per_class: int = 2
    side: int = 64
    stain: float = 8.0
    one_class_each: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.patients, self.tiles_per_class) < 1 or self.side < 32 or self.seed < 0:
            raise UsageError(
                "a simulated study of images has one patient and one image a class or more, of 32 pixels or more, and a seed from 0"
            )


@dataclass(frozen=True, eq=False)
class SimulatedImage:
    """One image ``(side, side, 3)`` with its class, patient and slide."""

    label: str
    patient: str
    slide: str
    pixels: Pixels


def simulate_images(settings: ImageStudySettings | None = None) -> list[SimulatedImage]:
    """Return the images of a simulated study, patient after patient.

    Examples
    --------
    >>> images = simulate_images(ImageStudySettings(patients=2, tiles_per_class=1))
    >>> [image.label for image in images[:3]], images[0].pixels.shape
    (['no tumour', 'necrotic', 'viable'], (64, 64, 3))
    """
    settings = settings or ImageStudySettings()
    generator, images = np.random.default_rng(settings.seed), []
    for number in range(settings.patients):
        stain = generator.normal(0, settings.stain, size=3)
        classes = [CLASSES[number % len(CLASSES)]] if settings.one_class_each else CLASSES
        patient = f"SIM{number + 1:02d}"
        for label in classes:
            for tile in range(settings.tiles_per_class):
                pixels = simulated_pixels(label, stain, settings.side, generator)
                images.append(SimulatedImage(label, patient, f"{patient}-{1 + tile % 2}", pixels))
    return images


def write_images(
    folder: Path,
    images: Iterable[SimulatedImage],
    *,
    position: FloatArray | None = None,
    mpp: float = 0.5,
    of_patient: Mapping[str, Mapping[str, str]] | None = None,
) -> Path:
    """Write images as JPEG files beside a sheet that lists them, and return the sheet.

    Parameters
    ----------
    folder
        An existing folder.
    images
        From `simulate_images`.
    position
        ``(n, 2)`` x and y of each image in its slide's pixels; None writes no such columns.
    mpp
        µm per pixel, written where there are positions.
    of_patient
        What is known of each patient, by column and patient; None writes no such columns.
    """
    from PIL import Image

    known = of_patient or {}
    rows = [["path", "patient", "slide", "label", *([] if position is None else ["x", "y", "mpp"]), *known]]
    for number, image in enumerate(images):
        name = f"{image.patient}-{number + 1:03d}.jpg"
        Image.fromarray(image.pixels).save(folder / name, quality=85)
        place = (
            [] if position is None else [*(f"{value:g}" for value in position[number].tolist()), f"{mpp:g}"]
        )
        also = [cells[image.patient] for cells in known.values()]
        rows.append([name, image.patient, image.slide, image.label, *place, *also])
    sheet = folder / "images.csv"
    sheet.write_text(csv_text(rows), encoding="utf-8")
    return sheet


def simulated_pixels(label: str, stain: np.ndarray, side: int, generator: np.random.Generator) -> Pixels:
    """Return a tile ``(side, side, 3)`` of a class.

    Parameters
    ----------
    label
        One of `CLASSES`.
    stain
        ``(3,)`` grey levels that are added to the patient's stains.
    side
        In pixels.
    generator
        Of random numbers.
    """
    count, radius, darkness = _NUCLEI[label]
    row, column = np.mgrid[:side, :side]
    fibres = 8 * np.sin(row / 5 + generator.uniform(0, 6)) if label == "no tumour" else 0 * row
    tile = _STROMA + stain + fibres[..., None]
    for _ in range(generator.poisson(count * (side / 64) ** 2)):
        y, x = generator.uniform(0, side, size=2)
        size = radius * generator.uniform(0.8, 1.2)
        inside = np.clip(1.5 - np.hypot(row - y, column - x) / size, 0, 1)[..., None]
        tile = tile + inside * darkness * (_NUCLEUS + stain - tile)
    noisy = tile + generator.normal(0, 4, size=tile.shape)
    pixels: Pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return pixels
