"""Evaluate models from whole slides to the expression of patients' bulk tissue, on left-out patients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from spectra_dl.evaluation.context import ReportContext, Words
from spectra_dl.evaluation.entries import ModelEntry
from spectra_dl.evaluation.folds.split_file import RowNames, read_split
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.evaluation.profiles.across.harness import (
    across_folds,
    evaluate_across,
    refuse_few_patients,
)
from spectra_dl.evaluation.profiles.across.results import AcrossEvaluation, AcrossInputs
from spectra_dl.evaluation.profiles.results import Regressor
from spectra_dl.evaluation.report.across.across_files import across_files
from spectra_dl.evaluation.report.across.across_json import across_report
from spectra_dl.evaluation.report.across.across_text import across_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.execution.run import Execution
from spectra_dl.expression.estimators.slides.mean_ridge import MeanFeaturesRidge, SlideFactsRidge
from spectra_dl.expression.estimators.slides.names import (
    RIDGE,
    SLIDE_MODELS,
    SlidePooling,
    chosen_slide_models,
)
from spectra_dl.expression.estimators.slides.pooled import PooledExpression
from spectra_dl.expression.registration.spots_on_tissue import registered
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.slides.bulk_table import BulkTable
from spectra_dl.expression.slides.cohort import ProfiledSlides, SlideCohort, profiled_slides, slide_cohort
from spectra_dl.expression.slides.profiles import BulkTargets, refuse_rule_of_spots
from spectra_dl.expression.slides.rows import FACTS
from spectra_dl.expression.study.slide_settings import SlideStudySettings
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import RunResult, make_run_folder

SIZE_AND_BRIGHTNESS = "size and brightness of slides"
_PSEUDOBULK = (
    "Counts of all usable spots of a patient's sections were added up (pseudo-bulk), brought to 10,000 and log-transformed; genes were chosen on the "
    "training patients of each fold."
)
_BULK = "Bulk profiles came as a table; genes were chosen on the training patients of each fold."
_CONTROL = f"The control without tissue is a ridge regression on {', '.join(FACTS)}."


@dataclass(frozen=True, eq=False)
class EvaluatedSlides(RunResult):
    """Models of whole slides, evaluated.

    Attributes
    ----------
    cohort
        The patients.
    evaluation
        Scores of left-out patients.
    """

    cohort: SlideCohort
    evaluation: AcrossEvaluation

    @property
    def report(self) -> dict[str, object]:
        """Notes and results, ready for JSON."""
        results = across_report(self.evaluation)
        results["data"] = {**self._data, "genes": len(self.evaluation.names)}
        return {"notes": list(self.cohort.notes), "results": results}

    def text(self) -> str:
        """Return the results and the notes for a terminal."""
        counts = ", ".join(f"{number:,} {name}" for name, number in self._data.items())
        notes = [f"Note: {note}" for note in self.cohort.notes]
        return "\n".join([across_text(self.evaluation, counts).rstrip(), "", *notes]).rstrip()

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``genes.csv``, ``predictions.csv``, ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return {**across_files(self.evaluation), **report_files(self.evaluation.split, report)}

    @property
    def _data(self) -> dict[str, int]:
        rows = self.evaluation.context.words.rows
        return {
            rows: len(self.cohort.patient),
            "slides": self.cohort.slides,
            "tiles": self.cohort.tiles,
        }


def evaluate_slides(
    sections: Sequence[TissueSection],
    settings: SlideStudySettings | None = None,
    *,
    bulk: BulkTable | None = None,
    split: str | None = None,
    store: FeatureStore | None = None,
    folder: Path | None = None,
    execution: Execution | None = None,
) -> EvaluatedSlides:
    """Evaluate models of whole slides on left-out patients, beside controls without tissue and the noise ceiling.

    Parameters
    ----------
    sections
        With patients and images, and with counts where there is no table.
    settings
        The default if None.
    bulk
        Profiles of the patients; None adds the counts of each patient's spots up.
    split
        Text of the ``folds.csv`` of another run, whose folds are repeated.
    store
        Where features are looked up and kept.
    folder
        Where overlays of spots on tissue are drawn; made unless it is there. None draws none.
    execution
        Where jobs run, and the journal of what is finished; in this process and without one if None.

    Raises
    ------
    DataError
        Slides or the table can't be used, or patients are too few.
    UsageError
        There is no such model, encoder or rule.
    """
    settings = settings or SlideStudySettings()
    models = _models(settings)
    refuse_rule_of_spots(settings.panel)
    if folder:
        make_run_folder(folder)
    sections = [registered(section, folder) for section in sections]
    slides = profiled_slides(sections, bulk=bulk, scale=settings.scale, group=settings.group)
    # What can't be evaluated is refused before slides are encoded for hours.
    refuse_few_patients(len(slides.patient))
    notes, folds = _asked_notes(slides, settings), _folds(slides, settings, split)
    targets = BulkTargets(slides.profiles, settings.panel, settings.evaluation.seed)
    targets.fit(folds[0].train)
    cohort = slide_cohort(slides, settings.recipe, store=store, execution=execution)
    cohort = replace(cohort, notes=(*notes, *cohort.notes))
    evaluation = evaluate_across(
        models,
        cohort.rows,
        cohort.patient,
        targets,
        settings.evaluation,
        inputs=AcrossInputs(
            controls={SIZE_AND_BRIGHTNESS: SlideFactsRidge(settings.evaluation.seed)},
            folds=folds,
            context=ReportContext(
                Words(settings.group, f"{settings.group}s", "gene"),
                methods=(_PSEUDOBULK if bulk is None else _BULK, _CONTROL),
            ),
        ),
        execution=execution,
    )
    return EvaluatedSlides(cohort, evaluation)


def _folds(slides: ProfiledSlides, settings: SlideStudySettings, split: str | None) -> Sequence[Fold]:
    """Return the folds of another run, or new ones."""
    if split is None:
        return across_folds(slides.patient, settings.evaluation)
    return read_split(split, slides.patient, names=RowNames.counted(len(slides.patient), slides.patient))


def _asked_notes(slides: ProfiledSlides, settings: SlideStudySettings) -> list[str]:
    """Return what is missing of the genes that are named; refused if all are."""
    asked, where = settings.panel.names, "the genes of all profiles"
    return (
        slides.profiles.known_genes.require(asked, "--genes", where).notes("--genes", where) if asked else []
    )


def _models(settings: SlideStudySettings) -> list[ModelEntry[Regressor]]:
    seed, entries = settings.evaluation.seed, list[ModelEntry[Regressor]]()
    for name in chosen_slide_models(settings.models):
        if name == RIDGE:
            entries.append(ModelEntry(SLIDE_MODELS[name], MeanFeaturesRidge(seed)))
        else:
            pooled = PooledExpression(cast(SlidePooling, name), seed=seed)
            entries.append(ModelEntry(SLIDE_MODELS[name], pooled, "network"))
    return entries
