"""spectra-dl evaluate: models judged by patient, beside classical ones and the leaky claim."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from spectra_dl_cli.earlier_run import ReplayableCommand, as_recorded, read_text, recorded_options
from spectra_dl_cli.options import (
    NETWORKS,
    Device,
    Normalisation,
    cleaning_options,
    cleaning_steps,
    data_argument,
    json_option,
    network_options,
    out_option,
    overwrite_option,
    seed_option,
    study_options,
    threshold_rule,
    training_settings,
)
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say, say_progress
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spectra_dl.evaluation.classes.results import Evaluation
    from spectra_dl.evaluation.entries import ModelEntry
    from spectra_dl.evaluation.folds.splits import Fold
    from spectra_dl.spectra.cohort import Cohort
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.training.settings import TrainingSettings


_POOLED = (
    "patients of all folds are ranked together; where folds train on different shares of the classes, this moves their "
    "probabilities, and chance is not .5: read the figures of single folds beside the whole"
)


@click.group()
def evaluate() -> None:
    """Judge models by patient."""


@evaluate.command("spectra", cls=ReplayableCommand)
@data_argument
@study_options
@cleaning_options
@network_options
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(NETWORKS),
    metavar="NETWORK",
    help="Judge this network too; repeat for more.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Parts the patients are dealt into.",
)
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Times they are dealt anew."
)
@click.option(
    "--split-by", metavar="COLUMN", help="Leave out one value of this column at a time, as a batch."
)
@click.option(
    "--folds-from",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Repeat the folds.csv of another run.",
)
@click.option(
    "--tune", is_flag=True, help="Let each fold choose among a few settings, in its training patients."
)
@click.option(
    "--threshold",
    default="youden",
    show_default=True,
    callback=threshold_rule,
    metavar="RULE",
    help="Decision threshold: youden, or the specificity wanted, such as 0.95.",
)
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="How often sets of classes shall hold the true one.",
)
@click.option(
    "--interval",
    type=click.Choice(("percentile", "bca")),
    default="percentile",
    show_default=True,
    help="Bootstrap interval over patients.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path, readable=False),
    metavar="REPORT",
    help="Repeat the run of a report.json on the same DATA.",
)
@seed_option
@out_option
@overwrite_option
@json_option
@click.pass_context
def evaluate_spectra(
    context: click.Context,
    data: tuple[Path, ...],
    label: str | None,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    batch: str | None,
    positive: str | None,
    crop: tuple[float, float] | None,
    baseline: str,
    lam: float | str,
    normalise: Normalisation,
    network: str,
    members: int,
    epochs: int | None,
    device: Device,
    also: tuple[str, ...],
    folds: int,
    repeats: int,
    split_by: str | None,
    folds_from: Path | None,
    tune: bool,
    threshold: float | Literal["youden"],
    coverage: float,
    interval: Literal["percentile", "bca"],
    replay: Path | None,
    seed: int,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compare networks with classical models on the same patients.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    Patients never stand on both sides of a split and everything is fitted in the fold. Beside each result stands what a
    split by spectrum would have claimed, and above all of them what besides biology tells the classes apart.
    """
    from spectra_dl.evaluation.classes.harness import evaluate as run_evaluation
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.report.classes_json import evaluation_report
    from spectra_dl.spectra.cohort import labelled_cohort
    from spectra_dl.spectra.probes import spectra_audit_inputs
    from spectra_dl.spectra.report_context import SPECTRA_CONTEXT
    from spectra_dl.spectra.saliency import SaliencyObserver, saliency_of
    from spectra_dl_cli.provenance import provenance

    _refuse_two_splits(context)
    steps = cleaning_steps(crop=crop, baseline=baseline, lam=lam, normalise=normalise)
    training = training_settings(epochs=epochs, device=device)
    settings = EvaluationSettings(
        folds=folds,
        repeats=repeats,
        seed=seed,
        interval=interval,
        positive=positive,
        split_by=split_by or "patient",
        threshold_rule=threshold,
        coverage=coverage,
    )
    study = study_data(data)
    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    inputs = [*study.inputs(samples), *([folds_from] if folds_from else [])]
    origin = as_recorded(context, provenance(inputs, seed=seed))
    table = study.read(
        sample_id=sample_id,
        patient=patient,
        replicates=replicates,
        samples=samples,
        label=label,
        batch=batch,
    )
    cohort = labelled_cohort(table)
    models = _models(cohort, steps, training, [network, *also], members, seed, tune=tune)
    evaluation = run_evaluation(
        models,
        cohort.table.intensity,
        cohort.label,
        cohort.patient,
        settings,
        audit_inputs=spectra_audit_inputs(cohort.table),
        folds=_given_folds(cohort, split_by, folds_from),
        progress=say_progress,
        context=SPECTRA_CONTEXT,
        observers=[SaliencyObserver(cohort.table, cohort.label, models[0].name)],
    )
    # What the cleaning says of all spectra at once is for the reader; the models' cleaning is fitted in each fold.
    cohort = replace(
        cohort, notes=(*cohort.notes, *steps.fit(cohort.table).transform(cohort.table).convergence_notes())
    )
    if split_by:
        cohort = replace(cohort, notes=(*cohort.notes, _POOLED))
    results = evaluation_report(evaluation)
    if (saliency := saliency_of(evaluation.observations)) is not None:
        results["saliency"] = saliency.to_json()
    report = {
        **origin,
        "options": recorded_options(context),
        "notes": list(cohort.notes),
        "refused": list(cohort.refused),
        "results": results,
    }
    _finish(report, evaluation, folder, as_json)


def _refuse_two_splits(context: click.Context) -> None:
    """Refuse options of which one would be ignored."""
    from click.core import ParameterSource

    from spectra_dl.errors import UsageError

    ways = [f"--{name.replace('_', '-')}" for name in ("split_by", "folds_from") if context.params[name]]
    dealt = [
        f"--{name}"
        for name in ("folds", "repeats")
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if ways and len(ways + dealt) > 1:
        raise UsageError(f"{' and '.join(ways + dealt)} divide the patients in different ways; leave one out")


def _given_folds(cohort: "Cohort", split_by: str | None, folds_from: Path | None) -> "list[Fold] | None":
    """Return the folds a column or a file asks for, None if neither does."""
    from spectra_dl.errors import UsageError
    from spectra_dl.evaluation.folds.group_splits import group_folds
    from spectra_dl.evaluation.folds.splits import read_split
    from spectra_dl.evaluation.wording import first_few
    from spectra_dl.spectra.probes import audit_columns

    if folds_from:
        return read_split(read_text(folds_from, "the folds.csv of another run"), cohort.patient)
    if split_by is None:
        return None
    columns = audit_columns(cohort.table)
    if split_by not in columns:
        raise UsageError(
            f"--split-by {split_by!r:.80}: there is no such column; there are {first_few(columns) or 'none'} (the column named "
            "with --batch is called batch)"
        )
    return group_folds(cohort.patient, cohort.label, columns[split_by], column=split_by)


def _models(
    cohort: "Cohort",
    steps: "Preprocessing",
    training: "TrainingSettings",
    networks: list[str],
    members: int,
    seed: int,
    *,
    tune: bool,
) -> "list[ModelEntry[Any]]":
    from spectra_dl.evaluation.entries import ModelEntry
    from spectra_dl.spectra.estimators.classical import MAJORITY, classical_models
    from spectra_dl.spectra.estimators.classifier import SpectraClassifier
    from spectra_dl_cli.tuning_space import tuned_classical, tuned_network, without_baseline

    axis = cohort.table.wavenumber
    neural: dict[str, Any] = {
        f"CNN {name}": SpectraClassifier(
            axis, steps, network=name, members=members, training=training, seed=seed
        )
        for name in dict.fromkeys(networks)
    }
    classical = classical_models(axis, steps, seed=seed)
    if tune:
        bare = without_baseline(steps)
        neural = {name: tuned_network(model, training, bare, seed) for name, model in neural.items()}
        classical = tuned_classical(
            classical, classical_models(axis, bare, seed=seed) if bare else None, seed
        )
    return [
        *(ModelEntry(name, model, "network") for name, model in neural.items()),
        *(
            ModelEntry(name, model, "control" if name == MAJORITY else "classical")
            for name, model in classical.items()
        ),
    ]


def _finish(
    report: "Mapping[str, object]", evaluation: "Evaluation", folder: Path | None, as_json: bool
) -> None:
    from spectra_dl.evaluation.report.classes_json import evaluation_split
    from spectra_dl.evaluation.report.classes_text import evaluation_text
    from spectra_dl.evaluation.report.page import report_page
    from spectra_dl.storage.atomic import write_text
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report

    text = json_text(report)
    if folder:
        make_run_folder(folder)
        write_text(folder / "folds.csv", evaluation_split(evaluation))
        write_report(folder, report)
        write_text(folder / "report.html", report_page(json.loads(text)))
    if as_json:
        say(text.rstrip())
        return
    for note in report["notes"]:  # type: ignore[attr-defined]
        say(f"Note: {note}")
    say()
    say(evaluation_text(evaluation).rstrip())
