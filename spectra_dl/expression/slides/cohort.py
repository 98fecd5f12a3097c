"""Sections and slides prepared for models of whole slides: the bag of a patient's tiles, and the patient's profile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, IndexArray, TextArray, text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.execution.run import Execution
from spectra_dl.expression.cohort import same_encoder
from spectra_dl.expression.genes import PER, shared_genes
from spectra_dl.expression.registration.tile_flags import tissue_colour
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.slides.bulk_table import BulkScale, BulkTable
from spectra_dl.expression.slides.profiles import BulkProfiles
from spectra_dl.expression.slides.rows import SlideRows
from spectra_dl.imaging.bags.rows import Bags
from spectra_dl.imaging.features.block import FeatureBlock, Features
from spectra_dl.imaging.features.mapped import mapped_features
from spectra_dl.imaging.features.recipe import EncodingJob, FeatureRecipe, FeatureStream, SectionEncoder
from spectra_dl.imaging.features.store import FeatureStore

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class SlideCohort:
    """Patients with slides and profiles.

    Attributes
    ----------
    rows
        ``m`` patients in the order of their names.
    patient
        ``(m,)`` text.
    profiles
        Of the same patients.
    slides
        How many there are.
    notes
        A sentence for every assumption.
    """

    rows: SlideRows
    patient: TextArray
    profiles: BulkProfiles
    slides: int
    notes: tuple[str, ...]

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return sum(map(len, self.rows.bags.images))


@dataclass(frozen=True, eq=False)
class ProfiledSlides:
    """Slides and profiles of the same patients, before any tile is encoded.

    Attributes
    ----------
    sections
        With the tiles on tissue alone, each with its patient.
    patient
        ``(m,)`` text in the order of their names.
    profiles
        Of the same patients.
    notes
        A sentence for every assumption.
    """

    sections: tuple[TissueSection, ...]
    patient: TextArray
    profiles: BulkProfiles
    notes: tuple[str, ...]


def profiled_slides(
    sections: Sequence[TissueSection],
    *,
    bulk: BulkTable | None = None,
    scale: BulkScale | None = None,
    group: Group = "patient",
) -> ProfiledSlides:
    """Bring slides and profiles of the same patients together.

    Parameters
    ----------
    sections
        With patients; with counts where there is no table.
    bulk
        Profiles of the patients; None adds the counts of each patient's spots up.
    scale
        What the table's values are; recognised if None.
    group
        What has a profile: ``"patient"``, or ``"section"``, which puts sections of one patient on both sides of a split.

    Raises
    ------
    DataError
        A section has no patient, no tile or no counts, two patients have one image, or the table doesn't fit.
    """
    if not sections:
        raise DataError("no slides; name some in the sheet")
    people = one_spelling([section.patient or "" for section in sections])
    sections = [
        replace(each, patient=name or None) for each, name in zip(sections, people.names, strict=True)
    ]
    if nobody := [section.name for section in sections if not section.patient]:
        raise DataError(
            f"slides without a patient: {first_few(nobody)}; name the patient of each in the sheet"
        )
    if group == "section":
        if bulk is not None:
            raise UsageError(
                "a table has one profile of a patient, and sections have none of their own; leave --group section out"
            )
        sections = [replace(section, patient=section.name) for section in sections]
    _refuse_shared_images(sections)
    patients = sorted({str(section.patient) for section in sections})
    if bulk is None:
        profiles, notes = _pseudobulk(sections, patients)
    else:
        profiles, notes = bulk.profiles_of(patients, scale)
    tiled = [
        section.select(np.flatnonzero(section.usable if bulk is None else section.placed))
        for section in sections
    ]
    if bare := [section.name for section in tiled if not len(section)]:
        raise DataError(f"no tile on tissue in {first_few(bare)}; leave these slides out")
    notes = [*notes, *people.notes, *(note for section in sections for note in section.notes)]
    return ProfiledSlides(tuple(tiled), text_array(patients), profiles, tuple(notes))


def slide_cohort(
    slides: ProfiledSlides,
    recipe: FeatureRecipe,
    *,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
) -> SlideCohort:
    """Encode the tiles of all slides and put those of a patient into one bag, beside the patient's profile.

    Parameters
    ----------
    slides
        With their profiles.
    recipe
        The encoders and the sizes of their tiles.
    store
        Where features are read and kept, and from where they are read when they are needed; None keeps all of them in memory.
    execution
        Where sections are encoded if there is no store; in this process if None.

    Raises
    ------
    DataError
        Files of features come from different encoders, or hold none of a patient's tiles.
    """
    tiled, patients, notes = slides.sections, [str(name) for name in slides.patient], list(slides.notes)
    values = _encoded(tiled, recipe, store, execution or Execution())
    patient_of_tile = np.concatenate([np.full(len(each), str(each.patient), dtype=object) for each in tiled])
    known = _known(values)
    if lost := int((~known).sum()):
        notes.append(f"{lost} of {len(known)} tiles left out, the file of features doesn't have them")
    bags = _bags(values, patient_of_tile, known, patients)
    return SlideCohort(
        SlideRows(bags, _facts(tiled, patients)), slides.patient, slides.profiles, len(tiled), tuple(notes)
    )


def _refuse_shared_images(sections: Sequence[TissueSection]) -> None:
    """Refuse one image under two patients, which a model would have seen before it is tested on it."""
    owner = dict[str, TissueSection]()
    for section in sections:
        first = owner.setdefault(section.image.sha256(), section)
        if first.patient != section.patient:
            raise DataError(
                f"{first.name} of {first.patient} and {section.name} of {section.patient} have the same image; find out whose it is, and leave the other out"
            )


def _pseudobulk(sections: Sequence[TissueSection], patients: Sequence[str]) -> tuple[BulkProfiles, list[str]]:
    """Return the counts of each patient's usable spots, added up."""
    genes = shared_genes(sections)
    counts = np.zeros((len(patients), len(genes.name)))
    library = np.zeros(len(patients))
    for section, columns in zip(sections, genes.columns, strict=True):
        at, rows = patients.index(str(section.patient)), np.flatnonzero(section.usable)
        of_section = section.counts[rows]  # type: ignore[index]  # shared_genes refused sections without counts
        counts[at] += np.asarray((of_section @ columns).sum(axis=0)).ravel()
        library[at] += float(of_section.sum())
    if empty := [name for name, total in zip(patients, library, strict=True) if not total > 0]:
        raise DataError(f"patients without a count in any usable spot: {first_few(empty)}; leave them out")
    return BulkProfiles.of_counts(counts, library, genes.name, genes.symbol, per=PER), list(genes.notes)


def _encoded(
    sections: Sequence[TissueSection], recipe: FeatureRecipe, store: FeatureStore | None, execution: Execution
) -> Features:
    """Return ``(n, d)`` features of all tiles, slide after slide."""
    encoder = SectionEncoder(recipe, store)
    if store is None:
        features = execution.run([EncodingJob(encoder, section, section.name) for section in sections])
        _refuse_other_encoders(sections, [each.blocks for each in features])
        return np.concatenate([each.values for each in features])
    streams = [encoder.streams(section) for section in sections]
    _refuse_other_encoders(sections, [tuple(stream.block for stream in each) for each in streams])
    joined = [FeatureStream(same[0].block, partial(_rows_of, same)) for same in zip(*streams, strict=True)]
    return mapped_features(joined, sum(map(len, sections)), store.folder)


def _rows_of(streams: Sequence[FeatureStream]) -> Iterator[Features]:
    return chain.from_iterable(stream.rows() for stream in streams)


def _refuse_other_encoders(
    sections: Sequence[TissueSection], blocks: Sequence[tuple[FeatureBlock, ...]]
) -> None:
    for section, other in zip(sections, blocks, strict=True):
        if len(other) != len(blocks[0]) or not all(map(same_encoder, blocks[0], other)):
            raise DataError(
                f"{sections[0].name} and {section.name}: their files of features come from different encoders; make them with one"
            )


def _known(values: Features) -> NDArray[np.bool_]:
    """Return ``(n,)`` whether all features of a tile are numbers."""
    parts = (values[at : at + _ROWS_AT_ONCE] for at in range(0, len(values), _ROWS_AT_ONCE))
    return np.concatenate([np.isfinite(part).all(axis=1) for part in parts])


def _bags(
    values: Features, patient_of_tile: TextArray, known: NDArray[np.bool_], patients: Sequence[str]
) -> Bags:
    images: list[IndexArray] = [np.flatnonzero((patient_of_tile == name) & known) for name in patients]
    if bare := [name for name, tiles in zip(patients, images, strict=True) if not len(tiles)]:
        raise DataError(f"patients without a tile that has features: {first_few(bare)}; leave them out")
    return Bags(values, text_array(patients), tuple(images))


def _facts(sections: Sequence[TissueSection], patients: Sequence[str]) -> FloatArray:
    """Return ``(m, f)`` what `spectra_dl.expression.slides.rows.FACTS` lists."""
    number = {name: at for at, name in enumerate(patients)}
    sums = np.zeros((len(patients), 3))  # tiles, slides, brightness times tiles
    for section in sections:
        brightness = float(np.mean(tissue_colour(section)))
        sums[number[str(section.patient)]] += (len(section), 1.0, brightness * len(section))
    return np.stack([np.log(sums[:, 0]), sums[:, 1], sums[:, 2] / sums[:, 0]], axis=1)
