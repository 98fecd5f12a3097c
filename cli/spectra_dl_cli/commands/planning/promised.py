"""What is promised before an outcome is seen, and the file it is sealed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl_cli.commands.planning.outcome_columns import OutcomeColumns
from spectra_dl_cli.commands.planning.protocol_command import protocol_option, sealed_now
from spectra_dl_cli.options import bundled, together
from spectra_dl_cli.output import say

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.sealable import Sealable

HYPOTHESIS_HELP = "What is expected, in a sentence."
METRIC_HELP = (
    "The figure that decides, by its name in report.json; auc, spearman, c_index or pearson if not given."
)

locking_options = together(
    protocol_option,
    click.option(
        "--lock",
        "lock_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Evaluate nothing: seal in this file what would be, before its outcome is seen.",
    ),
    click.option(
        "--hypothesis",
        metavar="SENTENCE",
        help=f"With --lock: {HYPOTHESIS_HELP[0].lower()}{HYPOTHESIS_HELP[1:]}",
    ),
    click.option("--metric", metavar="NAME", help=f"With --lock: {METRIC_HELP[0].lower()}{METRIC_HELP[1:]}"),
)


@dataclass(frozen=True)
class Promised:
    """What is promised.

    Attributes
    ----------
    lock_file
        Where it is sealed; None seals nothing.
    hypothesis
        A sentence.
    metric
        The figure that decides; None takes the usual one.
    """

    lock_file: Path | None
    hypothesis: str | None
    metric: str | None

    def check(self, columns: OutcomeColumns | None, context: click.Context | None = None) -> None:
        """Refuse a figure that there is none of, and options that don't go together.

        Parameters
        ----------
        columns
            What is predicted; None of profiles.
        context
            Of a command that evaluates where nothing is sealed.

        Raises
        ------
        UsageError
            Some don't.
        """
        if self.lock_file is None:
            if self.hypothesis is not None or self.metric is not None:
                raise UsageError(
                    "--hypothesis and --metric are sealed by --lock FILE; give it, or leave them out"
                )
            return
        if self.hypothesis is None:
            raise UsageError("--lock seals a hypothesis; write it in a sentence with --hypothesis")
        if context is not None and context.params["protocol_file"] is not None:
            raise UsageError("--lock seals what --protocol would open; give one of them")
        names, _ = _metrics(columns)
        if self.metric is not None and self.metric not in names:
            raise UsageError(
                f"--metric {self.metric!r:.80}: there is no such figure; choose one of {', '.join(names)}"
            )

    def write(
        self, context: click.Context, study: "Sealable", columns: OutcomeColumns | None, split: str | None
    ) -> None:
        """Seal an evaluation, and say what to deposit.

        Parameters
        ----------
        context
            Of the command, whose options are sealed.
        study
            What will be tested.
        columns
            What is predicted; None of profiles.
        split
            Text of the folds that will be repeated, None without.

        Raises
        ------
        DataError
            There is a file of that name.
        UsageError
            The hypothesis is empty or too long.
        EnvironmentFault
            It can't be written.
        """
        from spectra_dl.evaluation.protocol.looks import lock
        from spectra_dl.evaluation.protocol.sealable import Promise, sealed_plan

        promise = Promise(self.hypothesis or "", self.metric or _metrics(columns)[1])
        plan = sealed_plan(study, promise, sealed_now(context), split)
        out = self.lock_file or Path()
        seal = lock(out, plan)
        known = (
            "stand in the input already, and the protocol says so"
            if plan.outcome_in_file
            else "are not in the input"
        )
        say(
            f"Locked {len(plan.data.patients)} patients with {plan.data.rows} {study.words.rows} in {out}. Their outcomes {known}.\n"
            f"Deposit this digest where it gets a date and can't be changed (a registry, a repository, a letter):\n{seal}"
        )


bundled_promise = bundled("promised", Promised)


def _metrics(columns: OutcomeColumns | None) -> tuple[Mapping[str, object], str]:
    if columns is None:
        from spectra_dl.evaluation.profiles.metric_table import PROFILE_METRICS

        return PROFILE_METRICS, "pearson"
    if columns.time is not None:
        from spectra_dl.evaluation.outcomes.survival.metric_table import SURVIVAL_METRICS

        return SURVIVAL_METRICS, "c_index"
    if columns.target is not None:
        from spectra_dl.evaluation.outcomes.metric_table import OUTCOME_METRICS

        return OUTCOME_METRICS, "spearman"
    from spectra_dl.evaluation.classes.metric_table import METRICS

    return METRICS, "auc"
