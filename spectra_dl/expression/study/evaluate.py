"""Evaluate models of expression on left-out patients or sections, beside regressions, controls and the noise ceiling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spectra_dl.evaluation.entries import ModelEntry, ModelKind
from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
from spectra_dl.evaluation.profiles.results import ProfileEvaluation, Regressor
from spectra_dl.evaluation.report.profiles_json import profile_report
from spectra_dl.evaluation.report.profiles_text import profile_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.evaluation.wording import wrapped
from spectra_dl.execution.run import Execution
from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets, expression_cohort
from spectra_dl.expression.estimators.closed_form import RidgeExpression
from spectra_dl.expression.estimators.depth import DEPTH, DepthExpression
from spectra_dl.expression.estimators.feature_blocks import SelectedBlocks
from spectra_dl.expression.estimators.head_registry import FINE_TUNED
from spectra_dl.expression.estimators.registry import REGRESSIONS, build_model
from spectra_dl.expression.estimators.tissue_share import TISSUE, TissueShareExpression
from spectra_dl.expression.estimators.tuning_space import tuned_expression
from spectra_dl.expression.genes import SharedGenes, shared_genes
from spectra_dl.expression.held_out_maps import (
    HeldOutMaps,
    HeldOutMapsObserver,
    held_out_maps,
    held_out_maps_json,
)
from spectra_dl.expression.hest_comparison import HEST_ESTIMATE, hest_comparison
from spectra_dl.expression.panel.asked_genes import known_genes
from spectra_dl.expression.panel.flavours import require_flavour
from spectra_dl.expression.probes import score_checks, section_findings
from spectra_dl.expression.pseudobulk import (
    Pseudobulk,
    PseudobulkObserver,
    pseudobulk,
    pseudobulk_json,
    pseudobulk_sentence,
)
from spectra_dl.expression.registration.spots_on_tissue import registered
from spectra_dl.expression.report_context import expression_context
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.spots import SpotTable
from spectra_dl.expression.study.left_out import given_folds, refuse_undivided
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.imaging.encoders.colour_texture import COLOUR_TEXTURE
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.storage.run_folder import RunResult, make_run_folder

if TYPE_CHECKING:
    from spectra_dl.evaluation.folds.job import Observer
    from spectra_dl.expression.estimators.registry import Model

REFERENCE = "ridge, colour and texture"


@dataclass(frozen=True, eq=False)
class EvaluatedExpression(RunResult):
    """A model of expression, evaluated.

    Attributes
    ----------
    cohort
        The sections with the features the model itself is shown.
    targets
        Which genes are predicted.
    model
        Unfitted.
    evaluation
        Scores of left-out sections.
    bulk
        How well whole sections are predicted; None where the model was not compared.
    maps
        Of one held-out section; None where the model was not compared.
    """

    cohort: ExpressionCohort
    targets: PanelTargets
    model: "Model"
    evaluation: ProfileEvaluation
    bulk: Pseudobulk | None = None
    maps: HeldOutMaps | None = None

    @property
    def report(self) -> dict[str, object]:
        """Notes and results, ready for JSON."""
        bulk = None if self.bulk is None else pseudobulk_json(self.bulk)
        maps = None if self.maps is None else held_out_maps_json(self.maps)
        results = {**profile_report(self.evaluation), "pseudobulk": bulk, "maps": maps}
        return {"notes": list(self.cohort.notes), "results": results}

    def text(self) -> str:
        """Return the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        unit = self.evaluation.settings.group
        bulk = [] if self.bulk is None else ["", wrapped(pseudobulk_sentence(self.bulk, unit))]
        return "\n".join([*notes, "", profile_text(self.evaluation).rstrip(), *bulk])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(self.evaluation.split, report)


def evaluate_study(
    sections: Sequence[TissueSection],
    settings: ExpressionStudySettings | None = None,
    *,
    compared: bool = True,
    split: str | None = None,
    store: FeatureStore | None = None,
    folder: Path | None = None,
    execution: Execution | None = None,
) -> EvaluatedExpression:
    """Evaluate a model on left-out tissue, beside the regressions, controls without an image and the leaky estimate.

    Parameters
    ----------
    sections
        With patients, image and counts.
    settings
        The default if None.
    compared
        False evaluates the model beside the reference only, as training does to learn what to expect of each gene.
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
        Sections can't be used or left out, or spots do not lie on tissue.
    UsageError
        There is no such model, encoder or setting.
    """
    settings = settings or ExpressionStudySettings()
    recipe = settings.recipe()
    used = recipe if COLOUR_TEXTURE in recipe.encoders else recipe.with_encoder(COLOUR_TEXTURE)
    # Sections without counts are refused before anything is drawn of any.
    asked = _asked_notes(shared_genes(sections), settings) if sections else []
    refuse_undivided(sections, settings, split=split)
    if folder:
        make_run_folder(folder)
    sections = [registered(section, folder) for section in sections]
    cohort = expression_cohort(sections, used, store=store, execution=execution)
    targets = PanelTargets(cohort, settings.panel_settings())
    cohort = replace(cohort, notes=(*asked, *targets.uncounted_notes(), *cohort.notes))
    spots = cohort.spots
    # The model is shown its recipe's features; those of the reference stand after them.
    blocks = tuple(range(len(spots.blocks) - (len(recipe.sizes_um) if used is not recipe else 0)))
    model = build_model(settings.model, loss=settings.loss, seed=settings.seed)
    models = _models(settings, model, spots, blocks, compared=compared)
    evaluation = evaluate_profiles(
        models,
        SectionRows(spots, spots.section, spots.patient, spots.position_um),
        targets,
        settings.evaluation(compared=compared),
        ProfileInputs(
            reference=REFERENCE,
            controls={DEPTH: DepthExpression(), TISSUE: TissueShareExpression()},
            findings=section_findings(sections, cohort, group=settings.group),
            score_checks=score_checks(sections, spots),
            folds=given_folds(sections, spots, settings, split=split),
            context=expression_context(targets.settings),
            observers=_observers(cohort, targets, models[0].name) if compared else (),
        ),
        execution=execution,
    )
    cohort = replace(cohort, spots=spots.of_blocks(blocks))
    if compared and settings.hest_exact:
        estimate = hest_comparison(cohort, evaluation.folds)
        evaluation = replace(evaluation, other_estimates={HEST_ESTIMATE: estimate})
    maps = held_out_maps(evaluation.observations)
    return EvaluatedExpression(cohort, targets, model, evaluation, _bulk(evaluation), maps)


def _observers(cohort: ExpressionCohort, targets: PanelTargets, model: str) -> list["Observer"]:
    return [PseudobulkObserver(cohort, targets, model), HeldOutMapsObserver(cohort, targets, model)]


def _bulk(evaluation: ProfileEvaluation) -> Pseudobulk | None:
    """Return how well the sections' bulk is predicted, by what was left out."""
    settings, patient_of = evaluation.settings, evaluation.section_of
    unit_of = {name: name if settings.group == "section" else patient for name, patient in patient_of.items()}
    return pseudobulk(evaluation.observations, unit_of, resamples=settings.resamples, seed=settings.seed)


def _asked_notes(shared: SharedGenes, settings: ExpressionStudySettings) -> list[str]:
    """Return what is missing of the genes that are named; refused before anything is computed if all are."""
    require_flavour(settings.panel)
    names = settings.panel_settings().names
    if not names:
        return []
    where = "the genes of all sections"
    known = known_genes(shared.name, shared.symbol)
    notes = known.require(names, "--genes", where).notes("--genes", where)
    if settings.panel != "variance":
        notes.append(f"--panel {settings.panel} chooses nothing, since --genes names the genes")
    return notes


def _models(
    settings: ExpressionStudySettings,
    model: "Model",
    spots: SpotTable,
    blocks: tuple[int, ...],
    *,
    compared: bool,
) -> list[ModelEntry[Regressor]]:
    """Return the model on its blocks of features, the regressions on the same if asked for, and the reference."""
    colours = tuple(at for at, block in enumerate(spots.blocks) if block.encoder == COLOUR_TEXTURE)
    name, title = settings.model, _title(settings)
    kind: ModelKind = "classical" if name in REGRESSIONS else "network"
    models = [ModelEntry(title, _on_blocks(settings, name, model, blocks), kind)]
    if compared:
        given = colours if name == FINE_TUNED else blocks
        models += [
            ModelEntry(
                f"{other}, all features", _on_blocks(settings, other, build_model(other), given), "classical"
            )
            for other in REGRESSIONS
            if other != name
        ]
    # Colour and texture of the smallest tile alone, without surroundings: what any model must beat.
    smallest = min(colours, key=lambda at: spots.blocks[at].size_um)
    reference = SelectedBlocks(RidgeExpression(surroundings=False), (smallest,))
    return [*models, ModelEntry(REFERENCE, reference)]


def _title(settings: ExpressionStudySettings) -> str:
    name = settings.model
    return name if name in REGRESSIONS else f"network {name}, {settings.loss}"


def _on_blocks(
    settings: ExpressionStudySettings, name: str, model: "Model", blocks: tuple[int, ...]
) -> Regressor:
    if settings.tune:
        return tuned_expression(name, model, blocks, settings.seed)
    return SelectedBlocks(model, blocks)
