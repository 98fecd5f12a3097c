"""What every trained model of images does with them: features, likeness to the training images, and answers of bags."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.classification.out_of_distribution import OutOfDistribution
from spectra_dl.classification.predictions import OOD_LIMIT
from spectra_dl.imaging.bags.rows import BaggedFeatures
from spectra_dl.imaging.bags.standard import Standard
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.features.trained_encoders import encoders_to_build, refuse_changed_encoders
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.images import TissueImages

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.imaging.features.description import EncoderDescription
    from spectra_dl.tissue.input_part import ImagesInput, ImageWidths

_DIGITS = 16
_MAGNIFIED = 1.5  # times as wide as any training image, or as narrow, is another magnification
_MOST_REFERENCE = 20_000
_AT_ONCE = 4096  # images whose features are standardised together


def usable_images(
    images: TissueImages, trained: "ImageWidths | None"
) -> tuple[NDArray[np.bool_], TextArray, TextArray]:
    """Return ``(n,)`` which images are whole and of the training images' magnification, the status of each, refused or ok, and why.

    Parameters
    ----------
    images
        ``n`` images.
    trained
        How wide training images were; None where nobody said.
    """
    reason = text_array(images.files.faults())
    usable = np.array([not each for each in reason], dtype=bool)
    if trained is not None and usable.any():
        width = np.full(len(images), np.nan)
        width[usable] = widths_um(images[usable])
        for row in np.flatnonzero((width < trained.least / _MAGNIFIED) | (width > trained.most * _MAGNIFIED)):
            reason[row] = (
                f"{images.name[row]}: {width[row]:.4g} um wide by its um per pixel, and training images were {trained.least:.4g} to {trained.most:.4g}: another magnification; "
                "cut images as wide as these"
            )
            usable[row] = False
    return usable, text_array(["ok" if whole else "refused" for whole in usable]), reason


def widths_um(images: TissueImages) -> FloatArray:
    """Return ``(n,)`` how wide images are in um, NaN where nobody says how large a pixel is."""
    if images.mpp is None or not np.isfinite(images.mpp).any():
        return np.full(len(images), np.nan)
    return np.asarray(images.mpp * images.files.sizes()[:, 0])


def training_widths(images: TissueImages) -> "ImageWidths | None":
    """Return between which widths training images lie; None where nobody says how large a pixel is, or they were cut alike from slides."""
    from spectra_dl.tissue.input_part import ImageWidths

    width = widths_um(images)
    known = width[np.isfinite(width) & (width > 0)]
    if not len(known) or (images.parts is not None and images.parts.tile_um is not None):
        return None
    return ImageWidths(least=float(known.min()), most=float(known.max()))


def scale_notes(part: "ImagesInput", images: TissueImages) -> list[str]:
    """Say so where it is not known whether images are as wide as those the model was trained on.

    Parameters
    ----------
    part
        What the model says of its images.
    images
        That are predicted.
    """
    cut = None if images.parts is None else images.parts.tile_um
    if cut is not None and part.tile_um is None and part.image_um is None:
        return [
            f"the model was trained on whole images, not on slides: tiles of {cut:g} um are what it knows only where its images were as wide; say how wide they were with --tile-um"
        ]
    unknown = images.mpp is None or not np.isfinite(images.mpp).all()
    if part.image_um is not None and unknown:
        least, most = part.image_um.least, part.image_um.most
        return [
            f"nobody says how wide all of these images are, and the training images were {least:.4g} to {most:.4g} um: images of another magnification are answered all the same; name um per pixel in a column mpp"
        ]
    return []


def warn_of_unlike(ood_score: FloatArray, status: TextArray, reason: TextArray) -> None:
    """Say in status and reason which images are unlike the training images.

    Parameters
    ----------
    ood_score
        ``(n,)`` as a multiple of the limit, NaN where an image was refused.
    status, reason
        ``(n,)`` text, changed.
    """
    for row in np.flatnonzero(ood_score > OOD_LIMIT):
        status[row] = "warned"
        reason[row] = f"unlike the training images ({ood_score[row]:.1f} x the limit)"


def described_features(
    images: TissueImages,
    described: "Sequence[EncoderDescription]",
    named: Sequence[str],
    store: FeatureStore | None,
    *,
    on_disk: bool,
) -> NDArray[np.float32]:
    """Return features ``(n, d)`` of images by the encoders that a model file describes.

    Parameters
    ----------
    images
        ``n`` images.
    described
        In the model file.
    named
        Those that a model file alone may not call for.
    store
        Where features are looked up and kept.
    on_disk
        See `spectra_dl.tissue.encoding.encode_images`.

    Raises
    ------
    UsageError
        An encoder must be named.
    ModelFileError
        An encoder gives other numbers than the one the model was trained with.
    """
    encoded = encode_images(images, encoders_to_build(described, named), store, on_disk=on_disk)
    refuse_changed_encoders(described, encoded.blocks)
    return encoded.values


def reference_images(
    features: NDArray[np.float32], standard: Standard
) -> tuple[IndexArray, NDArray[np.float32]]:
    """Return the numbers ``(k,)`` of the images that say what training images look like, evenly from all, and their standardised features ``(k, d)``.

    Parameters
    ----------
    features
        ``(n, d)`` of the training images.
    standard
        How they are standardised.
    """
    some = np.unique(np.linspace(0, len(features) - 1, _MOST_REFERENCE).astype(np.intp))
    return some, (features[some] - standard.mean) / standard.scale


def standard_of_first(networks: "Sequence[nn.Module]") -> Standard:
    """Return how the first of networks on features standardises these."""
    weights = networks[0].state_dict()
    return Standard(*(weights[name].cpu().numpy() for name in ("mean", "scale")))


def images_exceedance(
    standard: Standard, reference: OutOfDistribution, features: NDArray[np.float32]
) -> FloatArray:
    """Return ``(n,)`` how unlike the training images each is.

    Parameters
    ----------
    standard
        How the training images were standardised.
    reference
        What they looked like.
    features
        ``(n, d)``.
    """
    each = [
        reference.exceedance(((block - standard.mean) / standard.scale).astype(np.float32))
        for block in (features[at : at + _AT_ONCE] for at in range(0, len(features), _AT_ONCE))
    ]
    return np.concatenate(each)


def pooled_images(
    networks: "Sequence[nn.Module]", rows: BaggedFeatures, like: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Return what each member says ``(members, n, c)`` of each image's bag, and the image's mean share ``(n,)`` in it, NaN where it was not pooled.

    Parameters
    ----------
    networks
        The members.
    rows
        ``n`` images in bags.
    like
        ``(n,)`` which are like the training images: these alone are pooled, and all of a bag where none is.
    """
    from spectra_dl.imaging.bags.whole import pooled_by_each

    kept = rows.bags.like_training(like)
    outputs: list[FloatArray] = []
    attention = np.full(len(rows), np.nan)
    for bag, each in enumerate(pooled_by_each(networks, kept)):
        outputs.append(np.stack([one.logits for one in each]))
        attention[kept.images[bag]] = np.mean([one.attention for one in each], axis=0)
    return np.stack(outputs, axis=1)[:, rows.bag_of_row], attention


def image_hashes(images: TissueImages) -> list[str]:
    """Return 16 hexadecimal digits of SHA-256 for each image."""
    return [digest[:_DIGITS] for digest in images.files.digests()]


def seen_images(images: TissueImages, known: Iterable[str]) -> int:
    """Count the images whose files a model was trained on.

    Parameters
    ----------
    images
        Any.
    known
        What `image_hashes` said of the training images.
    """
    digests = set(known)
    return sum(digits in digests for digits in image_hashes(images)) if digests else 0
