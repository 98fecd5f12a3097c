"""spectra-dl score: predictions made elsewhere, judged by patient."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import json_option, out_option, overwrite_option, seed_option
from spectra_dl_cli.out_folder import claim_run_folder
from spectra_dl_cli.output import say, table_text

if TYPE_CHECKING:
    from spectra_dl.evaluation.classes.scoring import Scoring

_COLUMNS = ("auc", "balanced_accuracy", "sensitivity", "specificity", "mcc", "brier", "ece")


@click.command()
@click.argument(
    "predictions",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="PREDICTIONS...",
)
@click.option(
    "--truth",
    required=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Table with the true classes.",
)
@click.option(
    "--id",
    "id_column",
    default="sample_id",
    show_default=True,
    metavar="COLUMN",
    help="Column that joins the tables.",
)
@click.option(
    "--label", default="label", show_default=True, metavar="COLUMN", help="Column of the classes, in --truth."
)
@click.option(
    "--patient",
    "--group-by",
    "patient",
    default="patient_id",
    show_default=True,
    metavar="COLUMN",
    help="Column of the patient ids, in --truth.",
)
@click.option("--positive", metavar="CLASS", help="The class whose sensitivity is reported.")
@seed_option
@out_option
@overwrite_option
@json_option
def score(
    predictions: tuple[Path, ...],
    truth: Path,
    id_column: str,
    label: str,
    patient: str,
    positive: str | None,
    seed: int,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Judge predictions that any program made, and compare them on the same patients.

    PREDICTIONS are tables with an id and a column p_<class> for each class, as predict writes them. Rows without
    probabilities are left out of all, and counted.
    """
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.classes.scoring import score_predictions
    from spectra_dl.spectra.predictions_file import read_predictions
    from spectra_dl.storage.run_folder import json_text, make_run_folder, write_report
    from spectra_dl_cli.provenance import provenance

    folder = claim_run_folder(out, overwrite=overwrite) if out else None
    found = read_predictions(predictions, truth, id_column=id_column, label=label, patient=patient)
    scoring = score_predictions(
        found.probability, found.label, found.patient, EvaluationSettings(seed=seed, positive=positive)
    )
    report = {
        **provenance([*predictions, truth], seed=seed),
        "notes": list(found.notes),
        "results": _json(scoring),
    }
    if folder:
        make_run_folder(folder)
        write_report(folder, report)
    if as_json:
        say(json_text(report).rstrip())
    else:
        _print(scoring, found.notes)


def _json(scoring: "Scoring") -> dict[str, object]:
    from spectra_dl.evaluation.report.classes_json import difference_json, intervals_json

    return {
        "classes": list(scoring.patients.classes),
        "patients": len(scoring.patients.names),
        "positive_class": scoring.positive,
        "positive_class_reason": scoring.positive_reason,
        "scores": {
            name: {
                "patient_level": intervals_json(one.patient_level),
                "row_level": intervals_json(one.row_level),
                "permutation_p": one.permutation_p,
            }
            for name, one in scoring.scores.items()
        },
        "differences": [difference_json(one) for one in scoring.differences],
    }


def _print(scoring: "Scoring", notes: tuple[str, ...]) -> None:
    from spectra_dl.evaluation.wording import figure

    patients = scoring.patients
    counts = ", ".join(f"{patients.count(code)} {name}" for code, name in enumerate(patients.classes))
    say(
        "Research use only, not for diagnosis. Whether these patients were kept out of training, predictions can't show."
    )
    for note in notes:
        say(f"Note: {note}")
    say(f"{len(patients.names)} patients ({counts}), {len(patients.of_row)} rows. {scoring.positive_reason}")
    say()
    rows = [
        [
            name,
            *(
                f"{figure(one.patient_level[metric].value)} [{figure(one.patient_level[metric].low)}, {figure(one.patient_level[metric].high)}]"
                for metric in _COLUMNS[:2]
            ),
            *(figure(one.patient_level[metric].value) for metric in _COLUMNS[2:]),
            f"{one.permutation_p:.4f}",
        ]
        for name, one in scoring.scores.items()
    ]
    header = [
        "predictions",
        "patient AUC [95 %]",
        "balanced accuracy [95 %]",
        "sens",
        "spec",
        "MCC",
        "Brier",
        "ECE",
        "p",
    ]
    say(table_text(header, rows))
    if compared := [one for one in scoring.differences if one.metric == "auc"]:
        say()
        say(f"Patient AUC against {compared[0].reference}, same patients, same resamples:")
        for one in compared:
            interval = one.interval
            say(
                f"  {one.model}  {interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]  {one.verdict}"
            )
