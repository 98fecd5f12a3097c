"""spectra-dl predict: spectra in, each patient's probability out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.feature_store import store_option
from spectra_dl_cli.options import (
    data_argument,
    identity_options,
    input_paths,
    json_option,
    out_option,
    overwrite_option,
    read_table,
)
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say, say_warning, table_text
from spectra_dl_cli.predict_expression import predict_expression

if TYPE_CHECKING:
    from spectra_dl.spectra.decision import Answer
    from spectra_dl.spectra.prediction import PatientPredictions, SpectrumPredictions
    from spectra_dl.spectra.predictor import SpectraPredictor

_PARTIAL = 6


@click.command()
@data_argument
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Model file; without it the shipped one.",
)
@identity_options
@out_option
@overwrite_option
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Spectra at a time; changes no result.",
)
@click.option(
    "--mpp", type=float, metavar="UM", help="With a model of expression: um per pixel of the full picture."
)
@click.option(
    "--pitch",
    type=click.FloatRange(min=1.0),
    metavar="UM",
    help="With a model of expression and a picture alone: um between the spots laid over its tissue (100).",
)
@click.option(
    "--image",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="With a model of expression: the section's picture.",
)
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="With a model of expression that was trained with timm:MODEL or features:PATH: the same again.",
)
@store_option
@json_option
def predict(
    data: tuple[Path, ...],
    model_path: Path | None,
    sample_id: str | None,
    patient: str | None,
    replicates: int | None,
    samples: Path | None,
    out: Path | None,
    overwrite: bool,
    batch_size: int,
    mpp: float | None,
    pitch: float | None,
    image: Path | None,
    encoders: tuple[str, ...],
    store: Path | None,
    as_json: bool,
) -> int:
    """Judge spectra with a trained model and print a table per patient, or map a section's expression.

    DATA is a table of spectra, a folder per patient, or several of them; with a model of expression, one tissue section. Ends with 6 when
    a spectrum or spot was damaged, and lists each that was refused or needs a second look.
    """
    from spectra_dl.models.file import load_model
    from spectra_dl.spectra.prediction import by_patient
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.storage.run_folder import json_text
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    path = model_path or SHIPPED_MODEL
    loaded = load_model(path)
    if loaded[0].modality == "expression":
        return predict_expression(
            data,
            path,
            loaded,
            folder,
            mpp=mpp,
            pitch=pitch,
            image=image,
            encoders=encoders,
            store=store,
            as_json=as_json,
        )
    predictor = SpectraPredictor.rebuilt(path, *loaded)
    table = read_table(data, sample_id=sample_id, patient=patient, replicates=replicates, samples=samples)
    spectra, notes = predictor.predict(table, batch_size=batch_size)
    patients = by_patient(spectra, predictor.header.calibration.temperature)
    answers = predictor.decision.of_patients(patients)
    if (seen := predictor.seen_in_training(table)) > 0:
        say_warning(
            f"{seen} of {len(table)} spectra were used in training this model; these results are too good"
        )
    if folder or as_json:
        report = _report(predictor, data, samples, [*table.notes, *notes], spectra, patients, answers)
    if folder:
        _write(folder, report, predictor, spectra, patients, answers)
    if as_json:
        say(json_text(report).rstrip())
    else:
        _print(predictor, model_path, [*table.notes, *notes], spectra, patients, answers)
    return _PARTIAL if spectra.damaged.any() else 0


def _report(
    predictor: "SpectraPredictor",
    data: tuple[Path, ...],
    samples: Path | None,
    notes: list[str],
    spectra: "SpectrumPredictions",
    patients: "PatientPredictions",
    answers: "list[Answer]",
) -> dict[str, object]:
    from spectra_dl.spectra.predictor import NOT_CONVERGED
    from spectra_dl_cli.provenance import provenance

    counts = {status: sum(one == status for one in spectra.status) for status in ("ok", "warned", "refused")}
    return {
        **provenance(input_paths(data, samples)),
        "model_sha256": predictor.sha256,
        "trained_on": predictor.header.training.source,
        "notes": notes,
        "results": {
            "spectra": counts,
            "baselines_not_converged": sum(NOT_CONVERGED in one for one in spectra.reason),
            "patients": [
                {
                    "patient": patients.patient[row],
                    "spectra": int(patients.n_spectra[row]),
                    "used": int(patients.n_used[row]),
                    "status": patients.status[row],
                    "reason": patients.reason[row],
                    "predicted_class": answer.predicted_class,
                    "prediction_set": list(answer.prediction_set),
                    "abstains": answer.abstains,
                    "unlikeness": float(patients.unlikeness[row]),
                    "probability": dict(
                        zip(patients.classes, map(float, patients.probability[row]), strict=True)
                    ),
                }
                for row, answer in enumerate(answers)
            ],
        },
    }


def _write(
    folder: Path,
    report: dict[str, object],
    predictor: "SpectraPredictor",
    spectra: "SpectrumPredictions",
    patients: "PatientPredictions",
    answers: "list[Answer]",
) -> None:
    from spectra_dl.spectra.prediction import write_patient_predictions, write_spectrum_predictions
    from spectra_dl.storage.run_folder import make_run_folder, write_report

    make_run_folder(folder)
    write_spectrum_predictions(folder / "predictions.csv", spectra, predictor.decision.of_spectra(spectra))
    decided = [answer.predicted_class for answer in answers]
    sets = [answer.prediction_set for answer in answers]
    write_patient_predictions(folder / "patients.csv", patients, decided, sets)
    write_report(folder, report)


def _print(
    predictor: "SpectraPredictor",
    model_path: Path | None,
    notes: list[str],
    spectra: "SpectrumPredictions",
    patients: "PatientPredictions",
    answers: "list[Answer]",
) -> None:
    training = predictor.header.training
    name = (
        f"Model {model_path.name}"
        if model_path
        else "No --model given: using the model that ships with spectra-dl"
    )
    say(
        f"{name}, trained on {'SIMULATED spectra' if training.simulated else training.source}. Research use only, not for diagnosis."
    )
    for note in notes:
        say(f"Note: {note}")
    say()
    header = ["patient", "spectra", "status", "predicted", *(f"p({name})" for name in patients.classes)]
    rows = [
        [
            patients.patient[row],
            f"{patients.n_used[row]}/{patients.n_spectra[row]}",
            patients.status[row],
            answer.predicted_class or ("abstains" if answer.abstains else "-"),
            *("-" if value != value else f"{value:.3f}" for value in patients.probability[row]),
        ]
        for row, answer in enumerate(answers)
    ]
    say(table_text(header, rows))
    if abstained := [row for row, answer in enumerate(answers) if answer.abstains]:
        say()
        say(f"No answer for {len(abstained)} of {len(answers)} patients:")
        for row in abstained[:10]:
            say(f"  {patients.patient[row]}: {answers[row].abstains}")
        if len(abstained) > 10:
            say(f"  and {len(abstained) - 10} more; --out writes them all to report.json")
    flagged = [row for row in range(len(spectra.status)) if spectra.status[row] != "ok"]
    if flagged:
        say()
        say(f"{len(flagged)} of {len(spectra.status)} spectra were refused or need a second look:")
        for row in flagged[:10]:
            say(f"  row {row + 1} ({spectra.sample_id[row]}) {spectra.status[row]}: {spectra.reason[row]}")
        if len(flagged) > 10:
            say(f"  and {len(flagged) - 10} more; --out writes them all to predictions.csv")
    sys.stdout.flush()
