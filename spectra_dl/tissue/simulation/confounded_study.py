"""Simulated images whose classes differ in the direction of their fibres alone, and whatever else goes with the class."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from spectra_dl.errors import UsageError
from spectra_dl.imaging.image import Pixels
from spectra_dl.storage.text.csv_rows import csv_text
from spectra_dl.tissue.simulation.image_study import simulated_pixels

LABELS = ("along", "across")
Given = Literal["patient", "slide", "image", "mostly by patient"]
_FIBRES = 8.0  # grey levels
_GLASS, _PEN = 245, (20, 40, 200)
_MODEL = 0x0110  # tag of EXIF
_MINORITY = 0.1  # of a patient's images, where most are of one class


@dataclass(frozen=True, eq=False)
class ConfoundedImage:
    """An image, and how it is written.

    Attributes
    ----------
    label
        0 or 1: the number in `LABELS`.
    patient, slide
        Whose it is.
    pixels
        ``(side, side, 3)``.
    place
        x and y in the slide's pixels.
    mpp
        µm per pixel that the sheet states.
    quality
        Of the JPEG; 0 writes a PNG.
    scanner, site
        What the file and what the sheet says.
    """

    label: int
    patient: str
    slide: str
    pixels: Pixels
    place: tuple[float, float]
    mpp: float
    quality: int
    scanner: str
    site: str


@dataclass(frozen=True)
class ConfoundedSettings:
    """What is simulated.

    Attributes
    ----------
    patients, slides, tiles
        How many; slides of a patient, images of a slide.
    side
        Of an image, in pixels.
    given
        What a class is given to; ``"mostly by patient"`` gives nine in ten images of a patient one class.
    seed
        The same seed gives the same images.
    """

    patients: int = 24
    slides: int = 2
    tiles: int = 3
    side: int = 48
    given: Given = "patient"
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.patients, self.slides, self.tiles) < 1 or self.side < 32 or self.seed < 0:
            raise UsageError(
                "a simulated study has one patient, slide and image or more, images of 32 pixels or more, and a seed from 0"
            )


def confounded_study(settings: ConfoundedSettings | None = None) -> list[ConfoundedImage]:
    """Return the images of a study in which nothing but fibres goes with the class.

    Patients differ in stain, scanner, resolution, site and compression, slides in focus and glass, and a few images have pen marks: all of it at random.

    Parameters
    ----------
    settings
        The default if None.

    Examples
    --------
    >>> images = confounded_study(ConfoundedSettings(patients=2, slides=1, tiles=2))
    >>> [(image.patient, LABELS[image.label]) for image in images]
    [('SIM001', 'along'), ('SIM001', 'along'), ('SIM002', 'across'), ('SIM002', 'across')]
    """
    settings = settings or ConfoundedSettings()
    generator, images = np.random.default_rng(settings.seed), []
    for number in range(settings.patients):
        stain = generator.normal(0, 6, size=3)
        scanner, site = (str(generator.choice(names)) for names in (["A1", "B2"], ["north", "south", "west"]))
        mpp, quality = (generator.choice(values) for values in ([0.25, 0.5], [80, 85, 90]))
        for slide in range(settings.slides):
            blur, glass = generator.uniform(0.2, 0.6), generator.uniform(0, 0.15)
            for tile in range(settings.tiles):
                label = _label(settings.given, number, slide, generator)
                pixels = blurred(_fibrous(label, stain, settings.side, generator), float(blur))
                image = ConfoundedImage(
                    label,
                    f"SIM{number + 1:03d}",
                    f"SIM{number + 1:03d}-{slide + 1}",
                    with_glass(pixels, glass * generator.uniform(0.5, 1)),
                    (float(generator.integers(0, 5000)), float(tile * settings.side)),
                    float(mpp),
                    int(quality),
                    scanner,
                    site,
                )
                images.append(with_pen(image, 0.05) if generator.random() < 0.05 else image)
    return images


def _label(given: Given, patient: int, slide: int, generator: np.random.Generator) -> int:
    if given == "image":
        return int(generator.integers(2))
    if given == "slide":
        return (patient + slide) % 2
    return patient % 2 ^ int(given == "mostly by patient" and generator.random() < _MINORITY)


def _fibrous(label: int, stain: np.ndarray, side: int, generator: np.random.Generator) -> Pixels:
    wave = _FIBRES * np.sin(np.arange(side) / 3 + generator.uniform(0, 6))
    fibres = np.broadcast_to(wave[:, None] if label == 0 else wave, (side, side))
    pixels = simulated_pixels("viable", stain, side, generator) + fibres[..., np.newaxis]
    shown: Pixels = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return shown


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Return pixels out of focus.

    Parameters
    ----------
    pixels
        ``(h, w, 3)``.
    sigma
        Of the Gaussian, in pixels.
    """
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(pixels, (sigma, sigma, 0)), dtype=np.uint8)


def with_glass(pixels: Pixels, share: float) -> Pixels:
    """Return pixels of which a share at the right is glass.

    Parameters
    ----------
    pixels
        ``(h, w, 3)``.
    share
        From 0 to 1.
    """
    shown = pixels.copy()
    shown[:, shown.shape[1] - round(share * shown.shape[1]) :] = _GLASS
    return shown


def with_pen(image: ConfoundedImage, share: float) -> ConfoundedImage:
    """Return an image with a mark of a pen in a corner.

    Parameters
    ----------
    image
        To be marked.
    share
        Of its pixels.
    """
    shown, side = image.pixels.copy(), round(np.sqrt(share) * len(image.pixels))
    shown[:side, :side] = _PEN
    return replace(image, pixels=shown)


def write_confounded(folder: Path, images: Iterable[ConfoundedImage]) -> Path:
    """Write images beside a sheet that lists them, and return the sheet.

    Parameters
    ----------
    folder
        An existing folder.
    images
        From `confounded_study`.
    """
    from PIL import Image

    rows = [["path", "patient", "slide", "label", "x", "y", "mpp", "site"]]
    for number, image in enumerate(images):
        name = f"{number:04d}.{'jpg' if image.quality else 'png'}"
        shown = Image.fromarray(image.pixels)
        if image.quality:
            said = Image.Exif()
            said[_MODEL] = image.scanner
            shown.save(folder / name, quality=image.quality, exif=said)
        else:
            shown.save(folder / name)
        place = [f"{value:g}" for value in (*image.place, image.mpp)]
        rows.append([name, image.patient, image.slide, LABELS[image.label], *place, image.site])
    sheet = folder / "images.csv"
    sheet.write_text(csv_text(rows), encoding="utf-8")
    return sheet
