"""spectra-dl score: the predictions of any program, scored by patient."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import bundled, positive_option, seed_option
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options, table_text
from spectra_dl_cli.printing.help import Command, OptionWithAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spectra_dl.evaluation.classes.scoring import PredictionScore
    from spectra_dl.spectra.study.score import ScoredPredictions, TruthColumns


def _columns(*, id_column: str, label: str, patient: str) -> "TruthColumns":
    from spectra_dl.spectra.study.score import TruthColumns

    return TruthColumns(id_column, label, patient)


@click.command(cls=Command)
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
    cls=OptionWithAlias,
    default="patient_id",
    show_default=True,
    metavar="COLUMN",
    help="Column of the patient ids, in --truth.",
)
@positive_option
@seed_option
@output_options
@bundled("columns", _columns)
@bundled_output
def score(
    *,
    predictions: tuple[Path, ...],
    truth: Path,
    columns: "TruthColumns",
    positive: str | None,
    seed: int,
    output: Output,
) -> None:
    """Score the predictions of any program, and compare them on the same patients.

    PREDICTIONS are tables with an id and a column p_<class> for each class, as predict writes them. Rows without
    probabilities are left out of all, and counted.
    """
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.spectra.study.score import score_study

    output.claim()
    settings = EvaluationSettings(seed=seed, positive=positive)
    result = score_study(predictions, truth, columns, settings)
    output.finish(result, lambda: origin_of([*predictions, truth], seed=seed), lambda: _text(result))


def _text(result: "ScoredPredictions") -> str:
    from spectra_dl.evaluation.classes.metric_table import METRICS
    from spectra_dl.evaluation.metric import shown_in

    scoring = result.scoring
    patients = scoring.patients
    headline, others = shown_in("headline", METRICS), shown_in("score", METRICS)
    titles = [f"{one.short if one.name == 'auc' else one.title} [95 %]" for one in headline]
    header = ["predictions", f"patient {titles[0]}", *titles[1:], *(one.short for one in others), "p"]
    names = [one.name for one in headline], [one.name for one in others]
    counts = ", ".join(f"{patients.count(code)} {name}" for code, name in enumerate(patients.classes))
    lines = [
        "Research use only, not for diagnosis. Whether these patients were kept out of training, predictions can't show.",
        *(f"Note: {note}" for note in result.notes),
        f"{len(patients.names)} patients ({counts}), {len(patients.of_row)} rows. {scoring.positive_reason}",
        "",
        table_text(header, [_row(name, scored, *names) for name, scored in scoring.scores.items()]),
    ]
    if compared := [difference for difference in scoring.differences if difference.metric == "auc"]:
        lines += ["", f"Patient AUC against {compared[0].reference}, same patients, same resamples:"]
        for difference in compared:
            interval = difference.interval
            lines.append(
                f"  {difference.model}  {interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]  {difference.verdict}"
            )
    return "\n".join(lines)


def _row(
    name: str, scored: "PredictionScore", headline: "Sequence[str]", others: "Sequence[str]"
) -> list[str]:
    from spectra_dl.evaluation.wording import figure

    intervals = [scored.patient_level[metric] for metric in headline]
    return [
        name,
        *(
            f"{figure(interval.value)} [{figure(interval.low)}, {figure(interval.high)}]"
            for interval in intervals
        ),
        *(figure(scored.patient_level[metric].value) for metric in others),
        f"{scored.permutation_p:.4f}",
    ]
