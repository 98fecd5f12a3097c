"""spectra-dl evaluate: models judged by patient, beside classical ones and the leaky claim."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import (
    NETWORKS,
    Device,
    Normalisation,
    cleaning_options,
    cleaning_steps,
    data_argument,
    input_paths,
    json_option,
    network_options,
    out_option,
    overwrite_option,
    read_table,
    seed_option,
    study_options,
    training_settings,
)
from spectra_dl_cli.output import say, say_progress

if TYPE_CHECKING:
    from spectra_dl.evaluation.harness import Estimator, Evaluation
    from spectra_dl.spectra.cohort import Cohort
    from spectra_dl.spectra.preprocessing import Preprocessing
    from spectra_dl.training.settings import TrainingSettings


@click.group()
def evaluate() -> None:
    """Judge models by patient."""


@evaluate.command("spectra")
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
@seed_option
@out_option
@overwrite_option
@json_option
def evaluate_spectra(
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
    seed: int,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Compare networks with classical models on the same patients.

    Patients never stand on both sides of a split and everything is fitted in the fold. Beside each result stands what a
    split by spectrum would have claimed, and above all of them what besides biology tells the classes apart.
    """
    from spectra_dl.evaluation.harness import EvaluationSettings
    from spectra_dl.evaluation.harness import evaluate as judge
    from spectra_dl.spectra.cohort import labelled_cohort
    from spectra_dl.spectra.probes import spectra_probes
    from spectra_dl.storage.run_folder import check_run_folder

    steps = cleaning_steps(crop=crop, baseline=baseline, lam=lam, normalise=normalise)
    training = training_settings(epochs=epochs, device=device)
    settings = EvaluationSettings(folds=folds, repeats=repeats, seed=seed, positive=positive)
    folder = check_run_folder(out, overwrite=overwrite) if out else None
    table = read_table(
        data,
        sample_id=sample_id,
        patient=patient,
        replicates=replicates,
        samples=samples,
        label=label,
        batch=batch,
    )
    cohort = labelled_cohort(table)
    evaluation = judge(
        _models(cohort, steps, training, [network, *also], members, seed),
        cohort.table.intensity,
        cohort.label,
        cohort.patient,
        settings,
        probes=spectra_probes(cohort.table),
        progress=say_progress,
    )
    _finish(evaluation, cohort, input_paths(data, samples), folder, seed, as_json)


def _models(
    cohort: "Cohort",
    steps: "Preprocessing",
    training: "TrainingSettings",
    networks: list[str],
    members: int,
    seed: int,
) -> "dict[str, Estimator]":
    from spectra_dl.spectra.classical import classical_models
    from spectra_dl.spectra.classifier import SpectraClassifier

    axis = cohort.table.wavenumber
    neural = {
        f"CNN {name}": SpectraClassifier(
            axis, steps, network=name, members=members, training=training, seed=seed
        )
        for name in dict.fromkeys(networks)
    }
    return {**neural, **classical_models(axis, steps, seed=seed)}


def _finish(
    evaluation: "Evaluation",
    cohort: "Cohort",
    inputs: list[Path],
    folder: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    from spectra_dl.evaluation.report import evaluation_report, evaluation_split, evaluation_text
    from spectra_dl.storage.atomic import write_text
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    report = {
        **provenance(inputs, seed=seed),
        "notes": list(cohort.notes),
        "refused": list(cohort.refused),
        "results": evaluation_report(evaluation),
    }
    if folder:
        make_run_folder(folder)
        write_text(folder / "folds.csv", evaluation_split(evaluation))
        write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
        return
    for note in cohort.notes:
        say(f"Note: {note}")
    say()
    say(evaluation_text(evaluation).rstrip())
