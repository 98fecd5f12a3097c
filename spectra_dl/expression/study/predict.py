"""Predict a section's expression: an .h5ad, maps of genes, exports, and what the counts say where there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.expression.cohort import pitch_between
from spectra_dl.expression.expected_accuracy import expected_pearson
from spectra_dl.expression.output.choice import ChosenOutput, OutputChoice, chosen_output
from spectra_dl.expression.output.exports.registry import check_exports, write_exports
from spectra_dl.expression.output.gene_names import written_names
from spectra_dl.expression.output.maps import write_maps
from spectra_dl.expression.output.measured import lost_counts_note, unmeasured_note
from spectra_dl.expression.output.prediction import VALUES, SectionPrediction
from spectra_dl.expression.output.predictions_h5ad import write_h5ad
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.readers import SectionSource, read_section
from spectra_dl.expression.registration.spots_on_tissue import registered
from spectra_dl.expression.registration.tile_flags import flagged_spots, strange_colour
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.section_page.cards import section_card
from spectra_dl.expression.section_page.page import SectionLine, sections_page
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.provenance import DISCLAIMER
from spectra_dl.storage.run_folder import PAGE_NAME, RunResult, make_run_folder

PREDICTIONS_FILE = "predictions.h5ad"


@dataclass(frozen=True, eq=False)
class PredictedSection(RunResult):
    """Predicted expression of one section.

    Attributes
    ----------
    predictor
        The model.
    prediction
        Its values for the genes that were asked for, and the section with every note.
    best_first
        Positions of these genes, the one predicted best on left-out tissue first.
    measured_pearson
        ``(g,)`` correlation with the section's counts over spots that are neither refused nor warned of; None without counts.
    drawn
        Positions of the genes that are drawn.
    maps, exports
        Names of the images and of the files in other formats.
    """

    predictor: ExpressionPredictor
    prediction: SectionPrediction
    best_first: tuple[int, ...]
    measured_pearson: FloatArray | None
    drawn: tuple[int, ...]
    maps: tuple[str, ...]
    exports: tuple[str, ...]

    @property
    def section(self) -> TissueSection:
        """The section with every note."""
        return self.prediction.section

    @property
    def values(self) -> FloatArray:
        """``(n, g)`` log(1 + counts per 10,000); NaN for spots that could not be predicted."""
        return self.prediction.values

    @property
    def refused(self) -> int:
        """How many spots could not be predicted."""
        return len(self.prediction.refused)

    @property
    def known_pearson(self) -> FloatArray:
        """``(k,)`` correlations of the genes for which one is defined."""
        measured = self.measured_pearson
        return np.empty(0) if measured is None else measured[np.isfinite(measured)]

    @property
    def line(self) -> SectionLine:
        """What the page says of every section."""
        known, status = self.known_pearson, self.prediction.status
        reached = float(known.mean()) if known.size else None
        return SectionLine(
            self.section.name, len(self.section), self.refused, status.count("warned"), reached
        )

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``report.html``; ``report`` is the whole report."""
        card = section_card(self.prediction, self.drawn)
        return {
            PAGE_NAME: sections_page(self.predictor, [self.line], [card], report, len(self.prediction.genes))
        }

    @property
    def report(self) -> dict[str, object]:
        """The model's digest, notes, counts of spots and what is known of each gene, ready for JSON."""
        measured, known = self.measured_pearson, self.known_pearson
        genes = [
            {
                "name": name,
                "gene_id": gene.name,
                "expected_pearson": None if np.isnan(expected) else float(expected),
                "noise_ceiling": gene.ceiling,
                "do_not_use": not gene.usable,
                "measured_pearson": None if measured is None else float(measured[at]),
            }
            for at, (name, gene, expected) in enumerate(
                zip(self.prediction.names, self.prediction.genes, self.prediction.expected, strict=True)
            )
        ]
        results = {
            "spots": len(self.section),
            "refused": self.refused,
            "warned": self.prediction.status.count("warned"),
            "under_tissue": int(self.prediction.in_tissue.sum()),
            "maps": list(self.maps),
            "exports": list(self.exports),
            "genes": genes,
            "mean_measured_pearson": float(known.mean()) if known.size else None,
        }
        return {
            "model_sha256": self.predictor.sha256,
            "notes": list(self.section.notes),
            "results": results,
        }


def predict_study(
    predictor: ExpressionPredictor,
    source: SectionSource,
    folder: Path,
    *,
    encoders: Sequence[str] = (),
    store: FeatureStore | None = None,
    output: OutputChoice | None = None,
) -> PredictedSection:
    """Predict one section and write ``predictions.h5ad``, maps, the overlay of its spots, and exports.

    Parameters
    ----------
    predictor
        The model.
    source
        Where the section lies.
    folder
        Made unless it is there, once the section is read.
    encoders
        Those that a model file alone may not call for; see `ExpressionPredictor.recipe`.
    store
        Where features are looked up and kept.
    output
        Which genes, maps and exports are written; all genes, maps of the best four and no exports if None.

    Raises
    ------
    UsageError
        An encoder must be named, or a gene or format that is asked for is not known.
    DataError
        The section can't be read, or its spots do not lie on tissue.
    EnvironmentFault
        A file can't be written.
    """
    predictor.recipe(encoders)  # refuses what does not fit before anything is read
    output = output or OutputChoice()
    check_exports(output.exports)
    section, chosen = checked_section(predictor, source, output)
    make_run_folder(folder)
    section = registered(section, folder)
    values = predictor.predict(section, encoders=encoders, store=store)
    flags = flagged_spots(section)
    expected, withheld = expected_pearson(predictor, section)
    notes = [*section.notes, *chosen.notes, *_image_notes(section, flags, predictor)]
    notes += [f"{section.name}: {withheld}"] if withheld else []
    return _written(
        folder,
        _prediction(replace(section, notes=tuple(notes)), values, flags, (predictor, expected)),
        chosen,
        output,
        predictor,
    )


def checked_section(
    predictor: ExpressionPredictor, source: SectionSource, output: OutputChoice
) -> tuple[TissueSection, ChosenOutput]:
    """Read a section, and refuse what can be known to fail before anything is computed.

    Parameters
    ----------
    predictor
        The model.
    source
        Where the section lies.
    output
        What is to be written.

    Raises
    ------
    UsageError
        A gene or format that is asked for is not known.
    DataError
        The section can't be read, or too few of its spots lie on the image.
    """
    section = read_section(source)
    chosen = chosen_output(predictor, output, section)
    pitch_between(section.select(section.placed))  # refuses too few spots
    return section, chosen


def _prediction(
    section: TissueSection,
    values: FloatArray,
    flags: TextArray,
    model: tuple[ExpressionPredictor, FloatArray],
) -> SectionPrediction:
    predictor, expected = model
    described = {
        "model_sha256": predictor.sha256,
        "disclaimer": DISCLAIMER,
        "values": VALUES,
    }
    genes = tuple(predictor.header.input.genes)
    return SectionPrediction(section, values, flags, genes, described, expected)


def _written(
    folder: Path,
    whole: SectionPrediction,
    chosen: ChosenOutput,
    output: OutputChoice,
    predictor: ExpressionPredictor,
) -> PredictedSection:
    prediction = whole.of_genes(chosen.genes)
    notes = [*prediction.section.notes, *written_names(prediction.genes, prediction.section)[1]]
    if prediction.measured is not None:
        unmeasured = unmeasured_note(prediction.section, prediction.measured, prediction.names)
        notes += [note for note in (unmeasured, lost_counts_note(prediction.section)) if note]
    prediction = replace(prediction, section=replace(prediction.section, notes=tuple(notes)))
    write_h5ad(folder / PREDICTIONS_FILE, prediction)
    maps = write_maps(folder, prediction, chosen.drawn)
    exports = write_exports(folder, prediction, output.exports)
    written = {at: position for position, at in enumerate(chosen.genes)}
    best = tuple(written[at] for at in predictor.best_first if at in written)
    return PredictedSection(
        predictor,
        prediction,
        best,
        prediction.measured_pearson,
        chosen.drawn,
        tuple(maps),
        tuple(exports),
    )


def _image_notes(section: TissueSection, flags: TextArray, predictor: ExpressionPredictor) -> list[str]:
    """Return what must be known before the predictions of this image are believed."""
    kinds = sorted({str(flag) for flag in flags} - {""})
    notes = [
        f"{section.name}: {int((flags == kind).sum())} of {len(flags)} spots have {kind}; they are marked in {PREDICTIONS_FILE}"
        for kind in kinds
    ]
    strange = strange_colour(section, predictor.header.input.training.tissue_colours)
    return [*notes, strange] if strange else notes
