"""Checks of images that were listed, whatever listed them, and the table that comes of it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.class_names import MISSING_LABELS
from spectra_dl.evaluation.patients import MISSING_IDS
from spectra_dl.evaluation.wording import counted, first_few
from spectra_dl.imaging.pixel_fields import SAME_SCALE
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.readers.dicom_facts import dicom_notes, with_patients_of_files
from spectra_dl.tissue.readers.dicom_series import one_file_a_slide
from spectra_dl.tissue.readers.parts import ListedFile, divided, listed_file, tile_notes
from spectra_dl.tissue.readers.stated import PATIENT_TAG, StatedImage, number_column, text_column
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl.tissue.slides.cutting import TILE_UM

_MPP = (0.01, 1000.0)  # µm per pixel that an image can have, electron micrograph to radiograph
_NOTES_OF_FILES = 3
_FARTHEST = 10_000_000  # pixels of a slide: two and a half metres at 0.25 µm


def checked_images(
    folder: Path,
    stated: Sequence[StatedImage],
    notes: Sequence[str],
    options: ImageOptions,
    *,
    labelled: bool = True,
) -> TissueImages:
    """Return the table of images that were listed.

    Parameters
    ----------
    folder
        Under which they lie.
    stated
        What was said of each.
    notes
        How it was read.
    options
        How slides are cut, and whether DICOM files say whose they are.
    labelled
        Whether they are to be learnt from. If not, every one is kept: prediction says of each whether it can be used.

    Raises
    ------
    DataError
        A label or patient is missing, a slide has two patients, a file is no image, or two files are the same under two classes or patients.
    UnsafeError
        A file holds pickle data.
    """
    by_tag = options.patient == PATIENT_TAG and not any("patient" in image.said for image in stated)
    if by_tag:
        stated = with_patients_of_files(folder, stated)
    if options.class_of_each:
        _refuse_missing(stated, "label", MISSING_LABELS, labelled=labelled)
    for field in ("patient", "slide"):
        _refuse_missing(stated, field, MISSING_IDS, labelled=labelled)
    _refuse_shared_slides(stated)
    kept, said = list(stated), list(notes)
    if labelled:
        kept, copies = _without_copies(folder, stated)
        if copies:
            said.append(
                f"{counted(len(copies), 'copy', 'copies')} of other files left out: {first_few(copies)}"
            )
    kept, joined = one_file_a_slide(folder, kept)
    said += joined
    _refuse_scales(kept)
    files = [listed_file(folder, image, options, labelled=labelled) for image in kept]
    said += _first_notes([note for file in files for note in file.notes])
    said += [*tile_notes(files, options), *dicom_notes(folder, files, by_tag=by_tag)]
    said += _shared_annotations(folder, kept) if labelled else _annotations_not_read(kept)
    images = _table(folder, files, said)
    return divided(images, files, options.tile_um or TILE_UM)


def _first_notes(notes: list[str]) -> list[str]:
    """Return the first notes of files, and how many more there are."""
    more = len(notes) - _NOTES_OF_FILES
    return (
        notes
        if more <= 0
        else [*notes[:_NOTES_OF_FILES], f"and {counted(more, 'note')} more of this kind on other files"]
    )


def _shared_annotations(folder: Path, stated: Sequence[StatedImage]) -> list[str]:
    """Say which images have one annotation, as happens where a cell of the sheet was copied down."""
    images: dict[str, list[str]] = defaultdict(list)
    for image in stated:
        if annotation := image.said.get("annotation"):
            images[_sha256(folder / annotation)].append(image.name)
    shared = [names for names in images.values() if len(names) > 1]
    if not shared:
        return []
    more = f", and {counted(len(shared) - 1, 'more such group')}" if shared[1:] else ""
    return [
        f"WARNING: {first_few(shared[0], at_most=3)} have the same annotation, byte for byte{more}: check that each slide is named with its own"
    ]


def _annotations_not_read(stated: Sequence[StatedImage]) -> list[str]:
    annotated = sum(bool(image.said.get("annotation")) for image in stated)
    if not annotated:
        return []
    return [
        f"{counted(annotated, 'annotation')} not read: classes are not learnt from areas here, and all tissue of a slide is taken"
    ]


def _table(folder: Path, files: Sequence[ListedFile], said: list[str]) -> TissueImages:
    """Return a row for each file with what was said of it."""
    kept = [file.stated for file in files]
    mpp = number_column(kept, "mpp")
    if mpp is not None:
        said += _scale_notes(mpp[[file.kind != "slide" for file in files]])
    x, y = (_places(kept, axis) for axis in "xy")
    columns = dict.fromkeys(name for image in kept for name in image.other)
    return TissueImages(
        folder,
        text_array([image.name for image in kept]),
        text_column(kept, "label"),
        text_column(kept, "patient"),
        text_column(kept, "slide"),
        None if x is None or y is None else np.column_stack([x, y]),
        mpp,
        _sides(kept),
        {name: text_array([image.other.get(name, "") for image in kept]) for name in columns},
        tuple(said),
    )


def _refuse_missing(
    stated: Sequence[StatedImage], field: str, missing: frozenset[str], *, labelled: bool
) -> None:
    """Refuse images of which a field wasn't said while it was of others; an annotation says labels where they are learnt."""
    elsewhere = [field == "label" and bool(image.said.get("annotation")) for image in stated]
    if not (labelled and any(elsewhere)) and not any(field in image.said for image in stated):
        return
    without = [
        image.where
        for image, annotated in zip(stated, elsewhere, strict=True)
        if not annotated and image.said.get(field, "").strip().lower() in missing
    ]
    if without:
        raise DataError(
            f"{len(without)} of {len(stated)} images have no {field} ({first_few(without, at_most=3)}); fill it in, or leave them out"
        )


def _refuse_shared_slides(stated: Sequence[StatedImage]) -> None:
    owners: dict[str, str] = {}
    for image in stated:
        slide, patient = image.said.get("slide"), image.said.get("patient")
        if slide is None or patient is None:
            continue
        if owners.setdefault(slide, patient) != patient:
            raise DataError(
                f"{image.where}: slide {slide!r:.60} stands with patients {first_few([owners[slide], patient])}; a slide has one patient: correct it, or "
                "give slides names that differ between patients"
            )


def _without_copies(folder: Path, stated: Sequence[StatedImage]) -> tuple[list[StatedImage], list[str]]:
    """Return the images but for files that are the same, byte for byte, and the names of those."""
    same: dict[str, list[StatedImage]] = defaultdict(list)
    for image in stated:
        same[_sha256(folder / image.name)].append(image)
    for images in same.values():
        for field in ("label", "patient"):
            values = sorted({image.said.get(field, "") for image in images})
            if len(values) > 1:
                what = "labels" if field == "label" else "patients"
                raise DataError(
                    f"{first_few((image.name for image in images), at_most=2)} are the same file, byte for byte, under {len(values)} {what} "
                    f"({first_few(values)}); find out whose it is, and leave the others out"
                )
    copies = {image.name for images in same.values() for image in images[1:]}
    return [image for image in stated if image.name not in copies], sorted(copies)


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as err:
        raise DataError(f"{path.name}: can't be read ({err.strerror or err}); check the path") from err


def _places(stated: list[StatedImage], axis: str) -> np.ndarray | None:
    place = number_column(stated, axis)
    if place is not None and (np.abs(place) > _FARTHEST).any():
        wrong = [image.where for image, value in zip(stated, place, strict=True) if abs(value) > _FARTHEST]
        raise DataError(
            f"{axis} is where in its slide an image begins, in pixels, and more than {_FARTHEST:,} away in {first_few(wrong, at_most=3)}; correct it or leave it empty"
        )
    return place


def _sides(stated: list[StatedImage]) -> np.ndarray | None:
    side = number_column(stated, "side")
    if side is not None and (side <= 0).any():
        wrong = [image.where for image, value in zip(stated, side, strict=True) if value <= 0]
        raise DataError(
            f"side is how many of the slide's pixels an image is wide, and not above 0 in {first_few(wrong, at_most=3)}; correct it or leave it empty"
        )
    return side


def _refuse_scales(stated: Sequence[StatedImage]) -> None:
    mpp = [image.number("mpp") for image in stated]
    wrong = [
        image.where
        for image, value in zip(stated, mpp, strict=True)
        if np.isfinite(value) and not _MPP[0] <= value <= _MPP[1]
    ]
    if wrong:
        raise DataError(
            f"mpp is µm per pixel, from {_MPP[0]:g} to {_MPP[1]:g}, and something else in {first_few(wrong, at_most=3)}; correct it"
        )


def _scale_notes(mpp: np.ndarray) -> list[str]:
    """Say where images that are taken as they are have no scale, or several; slides are cut to one."""
    known = mpp[np.isfinite(mpp)]
    if len(known) < len(mpp):
        return [f"{len(mpp) - len(known)} of {len(mpp)} images have no mpp"]
    if known.size and known.max() > known.min() * (1 + SAME_SCALE):
        return [
            f"images have {known.min():g} to {known.max():g} µm per pixel and are brought to one size in pixels all the same; cut them at one magnification"
        ]
    return []
