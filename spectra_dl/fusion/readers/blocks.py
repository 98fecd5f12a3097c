"""Each block's file, read by the reader of its modality, with patient and class of each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spectra_dl.arrays import TextArray, text_array
from spectra_dl.errors import DataError
from spectra_dl.evaluation.patients import refuse_missing_ids
from spectra_dl.evaluation.person_ids import spelling_key
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.clinical.reader import read_clinical
from spectra_dl.fusion.readers.stated import StatedBlock, StatedStudy
from spectra_dl.spectra.cohort import required_patients, usable_cohort
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.quality import used_range
from spectra_dl.spectra.readers import read_spectra
from spectra_dl.spectra.readers.columns import known_text
from spectra_dl.spectra.readers.options import ReadOptions
from spectra_dl.storage.hashing import sha256_of
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions


@dataclass(frozen=True, eq=False)
class ReadBlock:
    """A block as it was read.

    Attributes
    ----------
    stated
        What was said of it.
    rows
        ``n`` rows: a `SpectraTable`, `TissueImages` or a `ClinicalTable`.
    patient
        ``(n,)`` text.
    label
        ``(n,)`` text, empty where missing; None where the file doesn't say.
    notes
        Of the reader.
    outcomes
        ``(n,)`` text by column, empty where missing: what is predicted in place of classes, where the file says it.
    """

    stated: StatedBlock
    rows: Any
    patient: TextArray
    label: TextArray | None
    notes: tuple[str, ...]
    outcomes: Mapping[str, TextArray] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the block."""
        return self.stated.name


def read_block(block: StatedBlock, study: StatedStudy) -> ReadBlock:
    """Read a block.

    Parameters
    ----------
    block
        Which.
    study
        Whose columns of ids and classes it has, unless it says other ones.

    Raises
    ------
    DataError
        It can't be read, or nobody says whose a row is.
    UsageError
        A column that is named is not there.
    UnsafeError
        A file holds what could run code.
    """
    read = {"spectra": _spectra, "tissue": _tissue, "clinical": _clinical}[block.kind](block, study)
    refuse_missing_ids(read.patient, "patient id")
    return replace(read, notes=tuple(f"{block.name}: {note}" for note in read.notes))


def _spectra(block: StatedBlock, study: StatedStudy) -> ReadBlock:
    options = ReadOptions(patient=block.patient or study.patient, samples=block.sheet)
    table = read_spectra(block.path, options)
    patient = required_patients(table)
    refuse_missing_ids(patient, "patient id")
    metadata = dict(table.metadata)
    label = None if _stands_elsewhere(study) else table.label
    if study.label in metadata:
        label = known_text(metadata.pop(study.label))
    outcomes = _taken(metadata, study)
    # Labels are joined over blocks, and no row of them is refused for its own.
    table = replace(table, label=label, metadata=metadata)
    cohort = usable_cohort(
        table, text_array([""] * len(table)), patient, within=used_range(Preprocessing.default().steps)
    )
    kept = {name: cells[cohort.row - 1] for name, cells in outcomes.items()}
    return ReadBlock(block, cohort.table, cohort.patient, cohort.table.label, cohort.notes, kept)


def _tissue(block: StatedBlock, study: StatedStudy) -> ReadBlock:
    named = block.patient or (study.patient if block.path.is_file() else None)
    images = read_images(block.path, ImageOptions(patient=named), labelled=False)
    patient = images.patient
    if patient is None:
        raise DataError(
            f"{block.path.name}: nobody says which patient an image is of; list images in a sheet with columns path and patient, or "
            "put them into folders class/patient/image"
        )
    _refuse_shared_files(images.files.file, patient)
    metadata = dict(images.metadata)
    of_sheet = block.path.is_file()
    label = metadata.pop(study.label or "", None if of_sheet and _stands_elsewhere(study) else images.label)
    outcomes = _taken(metadata, study)
    images = replace(images, metadata=metadata)
    return ReadBlock(block, images, patient, label, images.notes, outcomes)


def _stands_elsewhere(study: StatedStudy) -> bool:
    """Return whether the classes are said to stand in another column than one called ``label``, which then says something else."""
    return study.label not in (None, "label")


def _taken(metadata: dict[str, TextArray], study: StatedStudy) -> dict[str, TextArray]:
    """Take what is predicted out of columns, and return it."""
    return {name: known_text(metadata.pop(name)) for name in study.outcome.columns if name in metadata}


def _refuse_shared_files(files: Sequence[Path], patient: TextArray) -> None:
    """Refuse a file, byte for byte, of two patients, who would stand on both sides of a split."""
    first: dict[str, tuple[str, str]] = {}
    for path, named in dict(zip(files, patient, strict=True)).items():
        name, owner = first.setdefault(sha256_of(path), (path.name, named))
        if spelling_key(owner) != spelling_key(named):
            raise DataError(
                f"{first_few([name, path.name])} are the same file, byte for byte, of patients {first_few([owner, named])}; find out whose it is, and leave the other out"
            )


def _clinical(block: StatedBlock, study: StatedStudy) -> ReadBlock:
    table = read_clinical(
        block.path,
        patient=block.patient or study.patient,
        label=study.label,
        columns=block.columns,
        outcomes=study.outcome.columns,
    )
    return ReadBlock(block, table, text_array(table.patients), table.label, table.notes, table.outcomes)
