"""spectra-dl evaluate tissue: models of images by patient, beside what splits by slide and by image would claim."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.tissue.estimators.model_names import image_model_names
from spectra_dl.tissue.reading_options import ImageOptions
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.commands.planning.promised import Promised, bundled_promise, locking_options
from spectra_dl_cli.commands.planning.protocol_command import LockedCommand, look_taken
from spectra_dl_cli.earlier_run import ReplayableCommand, as_recorded, recorded_options, replay_option
from spectra_dl_cli.execution_options import (
    ExecutionOptions,
    bundled_execution,
    device_options,
    execution_options,
    resume_option,
    run_identity,
)
from spectra_dl_cli.model_options import NameList
from spectra_dl_cli.options import bundled, open_store, seed_option, survival_options, target_option
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options
from spectra_dl_cli.split_options import given_split, split_options
from spectra_dl_cli.tissue_options import (
    MODELS_HELP,
    OPTIONS_OF_CLASSES,
    ImageModels,
    bundled_images,
    bundled_models,
    images_argument,
    read_and_show,
    tissue_options,
)

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.evaluation.report.results.patients import EvaluatedPatients
    from spectra_dl.execution.run import Execution
    from spectra_dl.imaging.features.store import FeatureStore
    from spectra_dl.tissue.images import TissueImages
    from spectra_dl.tissue.study.evaluate import EvaluatedImages
    from spectra_dl.tissue.study.evaluate_patients import PatientStudySettings
    from spectra_dl.tissue.study.settings import TissueStudySettings


@dataclass(frozen=True, kw_only=True)
class ImageProtocol(OutcomeColumns):
    """How models are compared.

    Attributes
    ----------
    models
        Which are evaluated, by name; None takes all.
    folds, repeats, split_by, no_leaky
        Of the split.
    """

    models: tuple[str, ...] | None
    folds: int | None
    repeats: int
    split_by: str | None
    no_leaky: bool

    def applied_to(self, settings: "TissueStudySettings") -> "TissueStudySettings":
        """Return settings with this protocol."""
        evaluation = replace(settings.evaluation, repeats=self.repeats, leaky=not self.no_leaky)
        return replace(
            settings, models=self.models, folds=self.folds, split_by=self.split_by, evaluation=evaluation
        )

    def chosen(self) -> None:
        """Refuse unknown models, before anything is read.

        Raises
        ------
        UsageError
            There is no model of a name.
        """
        image_model_names(self.target, self.time).chosen(self.models)

    def of_patients(self, chosen: ImageModels) -> "PatientStudySettings":
        """Return the settings of a study of a number, or of the time to an event.

        Parameters
        ----------
        chosen
            Encoders, networks and seed.
        """
        return chosen.of_patients(
            self, self.models, self.folds, repeats=self.repeats, leaky=not self.no_leaky
        )


class EvaluateTissue(ReplayableCommand, LockedCommand):
    """The command, which can be replayed and locked."""


@click.command("tissue", cls=EvaluateTissue)
@images_argument
@tissue_options
@target_option
@survival_options
@click.option("--models", type=NameList(), metavar="A,B,C", help=MODELS_HELP)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    metavar="N",
    help="Parts the patients are split into; 5 if not given, or one patient at a time where a class has fewer.",
)
@split_options(None, "image")
@locking_options
@replay_option("IMAGES")
@seed_option
@output_options
@resume_option
@device_options
@execution_options
@bundled_images
@bundled_models
@bundled("protocol", ImageProtocol)
@bundled_promise
@bundled_output
@bundled_execution
@click.pass_context
def evaluate_tissue(
    context: click.Context,
    *,
    images: Path,
    reading: ImageOptions,
    chosen: ImageModels,
    protocol: ImageProtocol,
    promised: Promised,
    protocol_file: Path | None,
    folds_from: Path | None,
    store: Path | None,
    output: Output,
    resume: bool,
    execution: ExecutionOptions,
) -> None:
    """Evaluate models of tissue images by patient, beside what splits by slide and by image would claim.

    IMAGES is a CSV with columns path, patient, label and where known slide, x, y, side, mpp and annotation, or a folder: with such a sheet in it, with
    folders class/patient/image, or with names that --name-pattern reads. Whole slides are cut into tiles, inside their annotations (GeoJSON of QuPath, XML
    of ImageScope) or on tissue; radiographs, slices and scans may be DICOM files.

    Patients never stand on both sides of a split. Where a patient has images of several classes, a patient's images of one class are scored as
    one. Above all figures stands what besides biology predicts the class.

    With --target a number per patient is predicted in place of classes, with --time and --event how soon an event comes, from all images of a patient; the sheet has those columns.
    """
    protocol.refuse_options_of_classes(context, OPTIONS_OF_CLASSES)
    protocol.chosen()
    promised.check(protocol, context)
    split, one_class = given_split(context), replace(reading, class_of_each=protocol.of_classes)
    if promised.lock_file is not None:
        promised.write(context, _sealable(context, images, one_class), protocol, split)
        return
    executor = execution.executor(
        "spectra_dl.tissue.study.evaluate", "spectra_dl.tissue.study.evaluate_patients", "torch"
    )
    from spectra_dl.evaluation.wording import wrapped
    from spectra_dl.execution.run import Execution

    output.claim(resume=resume)
    inputs = [images, *([folds_from] if folds_from else [])]
    origin = as_recorded(context, origin_of(inputs, seed=chosen.seed))
    read = read_and_show(images, one_class)
    journal = output.journal(run_identity(context, origin, study=read.files.sha256()), resume=resume)
    where = _Where(split, open_store(store) if store else None, Execution(executor, journal), output.out)
    evaluated = _evaluated_classes if protocol.of_classes else _evaluated_patients
    with look_taken(
        context,
        lambda: _sealable(context, images, one_class),
        split,
        output,
        lambda: evaluated(read, chosen, protocol, where),
    ) as (result, locked):
        report = {**origin, "options": recorded_options(context), "protocol": locked.to_json()}
        output.finish(
            result, lambda: report, lambda: f"{result.text().rstrip()}\n\n{wrapped(locked.sentence)}"
        )


def _sealable(context: click.Context, images: Path, reading: ImageOptions) -> "Sealable":
    """Return what a protocol knows of the images, whether or not their outcome is there."""
    from spectra_dl.tissue.readers import read_images
    from spectra_dl.tissue.sealing import sealable

    return sealable(read_images(images, reading, labelled=False), context.params)


@dataclass(frozen=True, eq=False)
class _Where:
    """Folds that are repeated, the store of features, where jobs run, and where maps are written."""

    split: str | None
    store: "FeatureStore | None"
    execution: "Execution"
    folder: Path | None


def _evaluated_classes(
    images: "TissueImages", chosen: ImageModels, protocol: ImageProtocol, where: _Where
) -> "EvaluatedImages":
    from spectra_dl.tissue.study.evaluate import evaluate_study

    settings = protocol.applied_to(chosen.settings())
    return evaluate_study(images, settings, split=where.split, store=where.store, execution=where.execution)


def _evaluated_patients(
    images: "TissueImages", chosen: ImageModels, protocol: ImageProtocol, where: _Where
) -> "EvaluatedPatients":
    from spectra_dl.tissue.study.evaluate_patients import evaluate_outcome_study, evaluate_survival_study

    evaluate = evaluate_outcome_study if protocol.time is None else evaluate_survival_study
    return evaluate(
        images,
        protocol.of_patients(chosen),
        split=where.split,
        store=where.store,
        execution=where.execution,
        folder=where.folder,
    )
