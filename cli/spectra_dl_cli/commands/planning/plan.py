"""spectra-dl plan: how many patients a study needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.options import (
    bundled,
    bundled_reading,
    identity_options,
    label_option,
    positive_option,
    seed_option,
)
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options, table_text
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.planning.forecast import StudyPlan
    from spectra_dl.planning.pilot import Pilot
    from spectra_dl.spectra.readers import ReadOptions

_REPORT = "report.json"


class PatientNumbers(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers with commas between."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers.

        Parameters
        ----------
        value
            What was typed.
        param, ctx
            Of the message, where it is something else.
        """
        words = str(value).split(",")
        if not all(word.strip().isdecimal() and 4 <= int(word) <= 1_000_000 for word in words):
            self.fail(
                f"{value!r:.80}: give numbers of patients from 4 to 1,000,000, with commas between",
                param,
                ctx,
            )
        return tuple(int(word) for word in words)


@dataclass(frozen=True)
class Known:
    """What is known before the study.

    Attributes
    ----------
    pilot
        A report, predictions or spectra; None without a pilot.
    truth
        The classes of predictions.
    model
        Which of a report's models, or which classical model is trained on spectra.
    auc, prevalence
        What is assumed without a pilot.
    positive
        The class whose sensitivity is planned.
    seed
        Of the subsets.
    """

    pilot: tuple[Path, ...]
    truth: Path | None
    model: str | None
    auc: float | None
    prevalence: float | None
    positive: str | None
    seed: int

    def read(self, reading: "ReadOptions") -> "Pilot":
        """Return the pilot, or the model of the effect.

        Raises
        ------
        UsageError
            Neither a pilot nor an AUC, or both.
        DataError
            The pilot can't be used.
        """
        from spectra_dl.planning.pilot import assumed_effect, reported_pilot

        if bool(self.pilot) == (self.auc is not None):
            raise UsageError(
                "name a pilot (a report.json, predictions with --truth, or spectra with --label), or an --auc that is expected"
            )
        self._refuse_unused()
        if self.auc is not None:
            return assumed_effect(self.auc, 0.5 if self.prevalence is None else self.prevalence)
        if self.report is not None:
            return reported_pilot(self.report, self.model)
        from spectra_dl.spectra.study.pilot.subsampled_pilot import predicted_pilot, subsampled_pilot

        if self.truth is None:
            table = study_data(self.pilot).read(reading)
            return subsampled_pilot(table, model=self.model, positive=self.positive, seed=self.seed)
        from spectra_dl.spectra.study.score import TruthColumns

        usual = TruthColumns()
        columns = TruthColumns(
            reading.sample_id or usual.id_column,
            reading.label or usual.label,
            reading.patient or usual.patient,
        )
        return predicted_pilot(self.pilot[0], self.truth, columns, positive=self.positive)

    def _refuse_unused(self) -> None:
        """Refuse what would not be looked at, so that nobody plans another study than they asked for."""
        reported = self.report is not None
        given = {
            "--prevalence": self.auc is None and self.prevalence is not None,
            "--truth": (reported or self.auc is not None) and self.truth is not None,
            "--positive": (reported or self.auc is not None) and self.positive is not None,
            "--model": (self.truth is not None or self.auc is not None) and self.model is not None,
            "a second file": self.truth is not None and len(self.pilot) > 1,
        }
        unused = [name for name, there in given.items() if there]
        if unused:
            known = (
                "an --auc"
                if self.auc is not None
                else "a report"
                if reported
                else "predictions"
                if self.truth
                else "spectra"
            )
            raise UsageError(
                f"{', '.join(unused)}: not looked at with {known}; leave it out (another share of the positive class is planned by --auc with --prevalence)"
            )

    @property
    def report(self) -> Path | None:
        """The report of an evaluation, or that in a run's folder; None where the pilot is something else."""
        first = self.pilot[0] if len(self.pilot) == 1 else None
        if first is None or first.suffix == ".json":
            return first
        return first / _REPORT if (first / _REPORT).is_file() else None

    @property
    def inputs(self) -> list[Path]:
        """Everything that is read."""
        if self.auc is not None:
            return []
        files = [self.report] if self.report is not None else list(study_data(self.pilot).paths)
        return [*files, *([self.truth] if self.truth else [])]


@click.command(cls=Command)
@click.argument("pilot", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PILOT...]")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Table with the true classes, where PILOT is a table of predictions.",
)
@click.option(
    "--model",
    metavar="NAME",
    help="Which model of the report; with spectra which classical model is trained, logistic if not given.",
)
@click.option(
    "--auc",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    help="Without a pilot: the AUC that is expected.",
)
@click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="With --auc: the share of patients of the positive class; a half if not given.",
)
@click.option(
    "--patients",
    type=PatientNumbers(),
    metavar="N,N",
    help="Numbers of patients to forecast; multiples of the pilot's if not given.",
)
@click.option(
    "--parameters",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Of the model that will be trained, such as principal components.",
)
@label_option
@identity_options
@positive_option
@seed_option
@output_options
@bundled_reading
@bundled("known", Known)
@bundled_output
def plan(
    *,
    known: Known,
    patients: tuple[int, ...] | None,
    parameters: int,
    output: Output,
    reading: "ReadOptions",
) -> None:
    """Say how many patients a study of two classes needs.

    PILOT is the report.json (or the folder) of evaluate spectra, a table of predictions with --truth, or spectra with --label; without one give --auc.

    Forecasts the AUC and the widths of its 95 % interval and of the sensitivity's, the power to find differences of the report's models, what more patients add to
    the training, what further spectra of the same patients are worth, and the patients that the training of a model needs.
    """
    from spectra_dl.planning.forecast import planned

    output.claim()
    pilot = known.read(reading)
    result = planned(pilot, patients or (), parameters=parameters)
    output.finish(result, lambda: origin_of(known.inputs, seed=known.seed), lambda: _text(result))


def _text(result: "StudyPlan") -> str:
    from spectra_dl.evaluation.wording import wrapped
    from spectra_dl.planning.plan_text import forecast_table, sentences

    header, rows = forecast_table(result)
    return "\n".join(
        [
            "Research use only, not for diagnosis.",
            wrapped(result.sentence),
            "",
            table_text(header, rows),
            "",
            *map(wrapped, sentences(result)),
            *(wrapped(f"Note: {note}") for note in result.notes),
        ]
    )
