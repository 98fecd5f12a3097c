"""What the audit tries on images: signals other than biology that classes may be predicted from."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.evaluation.audit import AuditInputs, Probe, RowCheck
from spectra_dl.evaluation.audit.surrogate import binned_shape
from spectra_dl.tissue.cohort import ImageCohort
from spectra_dl.tissue.estimators.recipe import standard_of
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.probes.confounding import class_goes_with_patient, class_goes_with_slide
from spectra_dl.tissue.probes.image_facts import ImageFacts
from spectra_dl.tissue.probes.near_copies import near_copies_check

__all__ = ["image_audit_inputs", "image_probes", "patient_audit_inputs"]

_WIDE, _AT_ONCE = 100, 4096  # features that are shortened to as many; images whose features are in memory
_MAY_BE_BIOLOGY = "Nuclei, necrosis and fat change it too: look at images of both classes, and normalise the stain to see what is left."


def image_probes(facts: ImageFacts, position: FloatArray | None) -> list[Probe]:
    """Return every probe that these images allow.

    Parameters
    ----------
    facts
        Of ``n`` images.
    position
        ``(n, 2)`` in their slides, NaN where it is not known; None where nobody said.
    """
    probes = [
        Probe("stain", "the mean colour of the tissue alone", facts.colour, "warn", _MAY_BE_BIOLOGY),
        Probe("background", "the share of glass alone", facts.background, "warn", _MAY_BE_BIOLOGY),
        Probe("sharpness", "the sharpness alone", facts.sharpness, "warn", _MAY_BE_BIOLOGY),
        Probe("pen marks", "the share of pixels in the colours of pens alone", facts.ink),
        Probe("JPEG quality", "how strongly the files are compressed alone", facts.compression),
        Probe("image size", "size and format of the files alone", facts.size),
    ]
    if position is not None and np.isfinite(position).all():
        remark = (
            "A class may have its place in a section; where it was cut out from a frame, the frame is known."
        )
        probes.append(Probe("position", "where in the slide an image was cut out", position, "warn", remark))
    return probes


def image_audit_inputs(cohort: ImageCohort, features: NDArray[np.float32]) -> AuditInputs:
    """Return what besides biology may predict the classes of images.

    Parameters
    ----------
    cohort
        The images with their patients.
    features
        ``(n, d)`` of them, on which a cheap model is fitted.
    """
    images = cohort.images
    checks: list[RowCheck] = [class_goes_with_patient]
    if images.slide is not None:
        checks.append(partial(class_goes_with_slide, list(images.slide)))
    return _inputs(images, features, checks)


def patient_audit_inputs(images: TissueImages, features: NDArray[np.float32]) -> AuditInputs:
    """Return what besides biology may predict what comes of patients.

    Parameters
    ----------
    images
        ``n`` images; none of their columns is the outcome.
    features
        ``(n, d)`` of them, on which a cheap model is fitted.
    """
    return _inputs(images, features, [])


def _inputs(images: TissueImages, features: NDArray[np.float32], checks: Sequence[RowCheck]) -> AuditInputs:
    facts = ImageFacts.of(images)
    columns = {**images.metadata, "scanner in the files": facts.scanner}
    probes = [*image_probes(facts, images.position), *_magnification(images)]
    rows = [near_copies_check(facts.hashes, images.name), *checks]
    return AuditInputs(probes, rows, columns, surrogate_features(features))


def _magnification(images: TissueImages) -> list[Probe]:
    """Return the probe of how large images are said to be, where that was said."""
    columns = []
    for values in (images.mpp, images.side):
        if values is not None:
            known = np.isfinite(values)
            columns += [np.log(np.where(known, values, np.nanmedian(values))), known]
    if not columns:
        return []
    features = np.column_stack(columns).astype(np.float64)
    return [Probe("magnification", "µm per pixel and side of images as they are stated alone", features)]


def surrogate_features(features: NDArray[np.float32]) -> FloatArray:
    """Return what the audit's cheap model is fitted on: standardised features ``(n, d)``, or of many of them the shapes ``(n, 100)`` that it makes of them.

    Wide features are not copied as a whole: they may lie on disk.
    """
    if features.shape[1] <= _WIDE:
        spread = features.std(axis=0)
        standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        narrow: FloatArray = standard.astype(np.float64)
        return narrow
    starts = range(0, len(features), _AT_ONCE)
    fitted = standard_of(lambda: (np.asarray(features[at : at + _AT_ONCE]) for at in starts))
    blocks = ((features[at : at + _AT_ONCE].astype(np.float64) - fitted.mean) / fitted.scale for at in starts)
    return np.concatenate([binned_shape(block) for block in blocks])
