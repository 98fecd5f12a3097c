"""Sections prepared for training and evaluation: spots with features, counts of shared genes, targets by fold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.evaluation.person_ids import one_spelling
from spectra_dl.evaluation.wording import first_few
from spectra_dl.execution.run import Execution
from spectra_dl.expression.ceiling.noise_ceiling import noise_ceiling
from spectra_dl.expression.genes import PanelSettings, choose_panel, log_normalise, shared_genes
from spectra_dl.expression.panel.asked_genes import KnownGenes, asked_columns, known_genes
from spectra_dl.expression.registration.tile_flags import (
    SectionThumbnail,
    exchanged_colours,
    tissue_colour,
    tissue_under_spots,
)
from spectra_dl.expression.section import NO_COUNTS, TissueSection, pitch_of
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.encoders.reference_tile import same_features
from spectra_dl.imaging.features.block import FeatureBlock
from spectra_dl.imaging.features.recipe import (
    EncodingJob,
    FeatureRecipe,
    SectionEncoder,
    SectionFeatures,
)
from spectra_dl.imaging.features.store import FeatureStore

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_FEWEST_SPOTS = 10


@dataclass(frozen=True, eq=False)
class ExpressionCohort:
    """Sections with counts, side by side.

    Attributes
    ----------
    spots
        ``(n,)`` usable spots of all sections.
    counts
        ``(n, g)`` raw counts of the genes that all sections have.
    gene
        ``(g,)`` their names.
    tissue_colour
        Mean red, green and blue of each section's tissue.
    notes
        A sentence for every assumption, and for spots and genes left out.
    symbol
        ``(g,)`` symbols of the genes, empty where not known; None where none is.
    """

    spots: SpotTable
    counts: "csr_matrix"
    gene: TextArray
    tissue_colour: Mapping[str, tuple[float, float, float]]
    notes: tuple[str, ...]
    symbol: TextArray | None = None

    @property
    def known_genes(self) -> KnownGenes:
        """The ids and symbols by which genes can be asked for."""
        return known_genes(self.gene, self.symbol)


def expression_cohort(
    sections: Sequence[TissueSection],
    recipe: FeatureRecipe,
    *,
    store: FeatureStore | None = None,
    execution: Execution | None = None,
) -> ExpressionCohort:
    """Encode every usable spot and bring all sections to the same genes.

    Parameters
    ----------
    sections
        One or more, with patients and counts.
    recipe
        The encoders and the sizes of their tiles.
    store
        Where features are read and kept; None keeps none.
    execution
        Where sections are encoded, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        A section has no patient, no counts or too few spots, or genes don't match.
    """
    from scipy.sparse import vstack

    if not sections:
        raise DataError("no sections; name at least two in the sheet")
    people = one_spelling([section.patient or "" for section in sections])
    sections = [
        replace(section, patient=name or None) for section, name in zip(sections, people.names, strict=True)
    ]
    genes = shared_genes(sections)
    sections = [_with_enough_spots(_empty_left_out(section)) for section in sections]
    encoder, parts, counts, notes = SectionEncoder(recipe, store), [], [], [*genes.notes, *people.notes]
    jobs = [EncodingJob(encoder, section.select(section.placed), section.name) for section in sections]
    features, colours = (execution or Execution()).run(jobs), {}
    for section, columns, encoded in zip(sections, genes.columns, features, strict=True):
        notes += [*section.notes, *_dropped(section)]
        placed = np.flatnonzero(section.placed)
        counted, known = section.usable[placed], np.isfinite(encoded.values).all(axis=1)
        if lost := int((counted & ~known).sum()):
            notes.append(f"{section.name}: {lost} spots left out, the file of features doesn't have them")
        rows = np.flatnonzero(counted & known)
        kept = section.select(placed[rows])
        table = spots_of(kept, SectionFeatures(encoded.values[rows], encoded.blocks))
        small = SectionThumbnail.of(section)
        colours[section.name] = tissue_colour(section, small)
        parts.append(replace(table, tissue_share=tissue_under_spots(kept, small)))
        counts.append(kept.counts @ columns)  # type: ignore[operator]  # shared_genes refused sections without counts
    notes += exchanged_colours(colours)
    spots, stacked = _joined(parts), vstack(counts).tocsr()
    return ExpressionCohort(spots, stacked, genes.name, colours, tuple(notes), genes.symbol)


def spots_of(section: TissueSection, features: SectionFeatures) -> SpotTable:
    """Return a section's spots, all of them usable, with their features.

    Parameters
    ----------
    section
        ``n`` spots.
    features
        ``(n, d)`` of the same spots.

    Raises
    ------
    DataError
        Fewer than 10 usable spots.
    """
    n, pitch = len(section), pitch_between(section)
    library = (
        np.full(n, np.nan)
        if section.counts is None
        else np.asarray(section.counts.sum(axis=1), dtype=np.float64).ravel()
    )
    return SpotTable(
        features=features.values.astype(np.float32),
        blocks=features.blocks,
        position_um=section.position_um,
        pitch_um=np.full(n, pitch),
        section=np.full(n, section.name, dtype=object),
        patient=np.full(n, section.patient or "", dtype=object),
        library=library,
    )


def pitch_between(section: TissueSection) -> float:
    """Return the distance of neighbouring spots in µm of a section whose spots are all usable.

    Raises
    ------
    DataError
        Fewer than 10 usable spots.
    """
    n = len(section)
    if n < _FEWEST_SPOTS:
        raise DataError(
            f"{section.name}: {n} usable spots; at least {_FEWEST_SPOTS} are needed to compare a spot with its section"
        )
    return section.spot_pitch_um or pitch_of(section.position_um)


@dataclass(frozen=True, eq=False)
class PanelTargets:
    """Choose the panel of genes on training rows, as the evaluation's chooser of targets.

    What was chosen is remembered, since whoever looks at a fold's model asks for the same rows again.
    """

    cohort: ExpressionCohort
    settings: PanelSettings
    _chosen: dict[bytes, "ChosenPanel"] = field(default_factory=dict, repr=False)

    def fit(self, rows: IndexArray) -> "ChosenPanel":
        """Return the panel chosen on these rows, or the genes that were named before any was seen.

        Raises
        ------
        DataError
            No gene varies in these rows.
        """
        key = np.ascontiguousarray(rows, dtype=np.int64).tobytes()
        if key not in self._chosen:
            self._chosen[key] = self._choose(rows)
        return self._chosen[key]

    def uncounted_notes(self) -> list[str]:
        """Return a sentence for genes that were named and that no spot has counts of.

        Raises
        ------
        DataError
            None of the genes has a count.
        """
        cohort = self.cohort
        if not self.settings.names:
            return []
        columns = asked_columns(cohort.known_genes, self.settings.names)
        counted = np.asarray(cohort.counts.sum(axis=0)).ravel()[columns] > 0
        if counted.all():
            return []
        missing = first_few(cohort.gene[columns[~counted]])
        if not counted.any():
            raise DataError(
                f"--genes: none of the {len(columns)} genes has a count in any spot ({missing}); name others"
            )
        return [
            f"--genes: {int((~counted).sum())} of {len(columns)} genes have no count in any spot, and are predicted as none: {missing}"
        ]

    def _choose(self, rows: IndexArray) -> "ChosenPanel":
        cohort = self.cohort
        if self.settings.names:
            return ChosenPanel(cohort, asked_columns(cohort.known_genes, self.settings.names))
        columns = choose_panel(
            cohort.counts[rows], cohort.spots.library[rows], cohort.spots.section[rows], self.settings
        )
        if not columns.size:
            raise DataError(
                f"no gene varies within the sections that train ({len(rows)} spots, {cohort.counts.shape[1]} genes), so there is nothing to predict; "
                "bring raw counts"
            )
        return ChosenPanel(cohort, columns)


@dataclass(frozen=True, eq=False)
class ChosenPanel:
    """A panel of genes, with measured values for any rows of the cohort."""

    cohort: ExpressionCohort
    columns: IndexArray

    @property
    def names(self) -> list[str]:
        """The genes."""
        return [str(name) for name in self.cohort.gene[self.columns]]

    @property
    def symbols(self) -> list[str]:
        """Their symbols, empty where not known."""
        symbol = self.cohort.symbol
        return [""] * len(self.columns) if symbol is None else [str(name) for name in symbol[self.columns]]

    def values(self, rows: IndexArray) -> FloatArray:
        """Return ``(k, t)`` log(1 + counts per 10,000)."""
        return log_normalise(self.cohort.counts[rows][:, self.columns], self.cohort.spots.library[rows])

    def ceiling(self, rows: IndexArray) -> FloatArray:
        """Return ``(t,)`` noise ceilings of the genes in these rows, all of one section."""
        return noise_ceiling(
            self.cohort.counts[rows][:, self.columns], self.cohort.spots.library[rows]
        ).ceiling


def _empty_left_out(section: TissueSection) -> TissueSection:
    """Return the section with the reason at spots without a count, as readers put it there."""
    total = np.asarray(section.counts.sum(axis=1)).ravel()  # type: ignore[union-attr]  # shared_genes refused sections without counts
    empty = section.usable & ~(total > 0)
    return replace(section, reason=np.where(empty, NO_COUNTS, section.reason)) if empty.any() else section


def _with_enough_spots(section: TissueSection) -> TissueSection:
    """Return the section; refused, before anything is computed, where too few of its spots can be used."""
    n, reasons = int(section.usable.sum()), _counted_reasons(section)
    if n < _FEWEST_SPOTS and reasons:
        listed = first_few(f"{count} {reason}" for reason, count in reasons)
        raise DataError(f"{section.name}: {n} usable spots ({listed}); at least {_FEWEST_SPOTS} are needed")
    return section


def _dropped(section: TissueSection) -> list[str]:
    return [
        f"{section.name}: {count} spots left out, {reason}" for reason, count in _counted_reasons(section)
    ]


def _counted_reasons(section: TissueSection) -> list[tuple[str, int]]:
    """Return why spots can't be used, with how many."""
    return sorted(Counter(str(reason) for reason in section.reason if reason).items())


def same_encoder(first: FeatureBlock, second: FeatureBlock) -> bool:
    """Return whether two blocks of features come from the same encoder.

    Parameters
    ----------
    first, second
        Of two sections.
    """
    return first.width == second.width and same_features(first.reference_features, second.reference_features)


def _joined(parts: Sequence[SpotTable]) -> SpotTable:
    first = parts[0]
    for part in parts[1:]:
        if len(part.blocks) != len(first.blocks) or not all(map(same_encoder, first.blocks, part.blocks)):
            raise DataError(
                f"{first.section[0]} and {part.section[0]}: their files of features come from different encoders; make them with one"
            )
    return SpotTable(
        features=np.concatenate([part.features for part in parts]),
        blocks=first.blocks,
        position_um=np.concatenate([part.position_um for part in parts]),
        pitch_um=np.concatenate([part.pitch_um for part in parts]),
        section=np.concatenate([part.section for part in parts]),
        patient=np.concatenate([part.patient for part in parts]),
        library=np.concatenate([part.library for part in parts]),
        tissue_share=np.concatenate(
            [np.ones(len(part)) if part.tissue_share is None else part.tissue_share for part in parts]
        ),
    )
