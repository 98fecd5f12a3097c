"""spectra-dl train: a model file from labelled patients."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import (
    Device,
    Normalisation,
    cleaning_options,
    cleaning_steps,
    data_argument,
    json_option,
    model_out_option,
    network_options,
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
    from spectra_dl.evaluation.classes.threshold import ThresholdRule
    from spectra_dl.spectra.cohort import Cohort
    from spectra_dl.spectra.predictor import SpectraPredictor


@click.group()
def train() -> None:
    """Train a model."""


@train.command("spectra")
@data_argument
@study_options
@cleaning_options
@network_options
@seed_option
@model_out_option
@overwrite_option
@click.option(
    "--threshold",
    default="youden",
    show_default=True,
    callback=threshold_rule,
    metavar="RULE",
    help="youden, or the specificity wanted, such as 0.95; chosen on left-out patients.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted training in --out.")
@json_option
def train_spectra(
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
    seed: int,
    out: Path,
    overwrite: bool,
    threshold: "ThresholdRule",
    resume: bool,
    as_json: bool,
) -> None:
    """Train a classifier of spectra and write DIR/model.safetensors.

    DATA is a file, several, a folder, or the name of a dataset (spectra-dl data list).

    Each patient is left out of one member of the ensemble; the scores shown are of these left-out patients. An
    interrupted training goes on with --resume and ends with the same weights. Under torchrun several processes train
    together and give the same result (docs/several_processes.md).
    """
    from spectra_dl.spectra.assembly import Provenance
    from spectra_dl.spectra.cohort import labelled_cohort
    from spectra_dl.spectra.estimators.classifier import SpectraClassifier
    from spectra_dl.spectra.probes.study import audit_cohort
    from spectra_dl.spectra.simulation.serum_study import SIMULATED_ORIGIN
    from spectra_dl.spectra.table import spectrum_hashes
    from spectra_dl.training.launch import read_launch

    first = read_launch().is_first
    steps = cleaning_steps(crop=crop, baseline=baseline, lam=lam, normalise=normalise)
    settings = training_settings(epochs=epochs, device=device)
    study = study_data(data)
    checkpoints = _claimed(out, overwrite=overwrite, resume=resume) if first else None
    table = study.read(
        sample_id=sample_id,
        patient=patient,
        replicates=replicates,
        samples=samples,
        label=label,
        batch=batch,
    )
    cohort = labelled_cohort(table)
    classifier = SpectraClassifier(
        cohort.table.wavenumber,
        steps,
        network=network,
        members=members,
        training=settings,
        seed=seed,
        positive=positive,
        threshold=threshold,
    )
    simulated = set(cohort.table.metadata.get("origin", [])) == {SIMULATED_ORIGIN}
    say_progress("audit")
    findings = audit_cohort(cohort, seed=seed)
    if checkpoints:
        _make_folders(checkpoints, resume=resume)
    classifier.fit(
        cohort.table.intensity,
        cohort.label,
        cohort.patient,
        provenance=Provenance(
            study.source, simulated, cohort.notes, findings.findings, tuple(spectrum_hashes(cohort.table))
        ),
        checkpoints=checkpoints,
        resume=resume,
        say=say_progress,
    )
    if first:
        sha256 = classifier.predictor_.save(out / "model.safetensors")
        _finish(out, classifier.predictor_, cohort, study.inputs(samples), sha256, seed, as_json)


def _claimed(out: Path, *, overwrite: bool, resume: bool) -> Path:
    """Keep the folder for this command; return where its checkpoints are kept."""
    from spectra_dl.errors import UsageError

    checkpoints = claim_run_folder(out, overwrite=overwrite, resume=resume) / "checkpoints"
    if resume and not any(checkpoints.glob("member-*.safetensors")):
        raise UsageError(f"--resume: no checkpoint in {checkpoints}; leave --resume out to start a training")
    return checkpoints


def _make_folders(checkpoints: Path, *, resume: bool) -> None:
    from spectra_dl.storage.run_folder import make_run_folder

    make_run_folder(checkpoints.parent)
    make_run_folder(checkpoints)
    if not resume:
        for old in checkpoints.glob("member-*.safetensors"):
            old.unlink()


def _finish(
    folder: Path,
    predictor: "SpectraPredictor",
    cohort: "Cohort",
    inputs: list[Path],
    sha256: str,
    seed: int,
    as_json: bool,
) -> None:
    from spectra_dl.models.card import card_text
    from spectra_dl.storage.run_folder import json_text, write_report
    from spectra_dl_cli.provenance import provenance

    description = predictor.header.model_dump(
        mode="json", exclude={"input": {"training": {"spectrum_hashes"}}}
    )
    report = {
        **provenance(inputs, seed=seed),
        "model_sha256": sha256,
        "notes": list(cohort.notes),
        "refused": list(cohort.refused),
        "results": description,
    }
    write_report(folder, report)
    say(
        json_text(report).rstrip()
        if as_json
        else f"Wrote {folder / 'model.safetensors'}\n\n{card_text(predictor.header, sha256)}"
    )
