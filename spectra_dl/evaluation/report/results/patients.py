"""Models of a number or of the time to an event, evaluated: report.json, text, folds and page."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from spectra_dl.evaluation.outcomes.results import OutcomeEvaluation
from spectra_dl.evaluation.outcomes.survival.results import SurvivalEvaluation
from spectra_dl.evaluation.report.outcomes_json import outcome_report, outcome_split
from spectra_dl.evaluation.report.outcomes_text import outcome_text
from spectra_dl.evaluation.report.report_files import report_files
from spectra_dl.evaluation.report.survival.survival_json import survival_report, survival_split
from spectra_dl.evaluation.report.survival.survival_text import survival_text
from spectra_dl.storage.run_folder import RunResult


class NotedRows(Protocol):
    """The rows that were used, and what is to be said of them."""

    @property
    def notes(self) -> Sequence[str]:
        """Sentences on how they were read."""

    @property
    def refused(self) -> Sequence[str]:
        """Those that were left out, and why."""


@dataclass(frozen=True, eq=False)
class EvaluatedPatients(RunResult):
    """Models, evaluated.

    Attributes
    ----------
    cohort
        The rows that were used, with every note.
    evaluation
        Scores, folds, differences and audit.
    """

    cohort: NotedRows
    evaluation: Any

    @abstractmethod
    def results(self) -> dict[str, object]:
        """Return the evaluation, ready for JSON."""

    @abstractmethod
    def results_text(self) -> str:
        """Return the evaluation for a terminal."""

    @abstractmethod
    def split(self) -> str:
        """Return the folds as CSV text."""

    @property
    def report(self) -> dict[str, object]:
        """Notes, refused rows and results, ready for JSON."""
        return {
            "notes": list(self.cohort.notes),
            "refused": list(self.cohort.refused),
            "results": self.results(),
        }

    def text(self) -> str:
        """Return the notes and the results for a terminal."""
        notes = [f"Note: {note}" for note in self.cohort.notes]
        return "\n".join([*notes, "", self.results_text().rstrip()])

    def files(self, report: Mapping[str, object]) -> dict[str, str]:
        """Return ``folds.csv`` and ``report.html``; ``report`` is the whole report."""
        return report_files(self.split(), report)


@dataclass(frozen=True, eq=False)
class EvaluatedOutcome(EvaluatedPatients):
    """Models of a number, evaluated."""

    evaluation: OutcomeEvaluation

    def results(self) -> dict[str, object]:
        """Return the evaluation, ready for JSON."""
        return outcome_report(self.evaluation)

    def results_text(self) -> str:
        """Return the evaluation for a terminal."""
        return outcome_text(self.evaluation)

    def split(self) -> str:
        """Return the folds as CSV text."""
        return outcome_split(self.evaluation)


@dataclass(frozen=True, eq=False)
class EvaluatedSurvival(EvaluatedPatients):
    """Models of the time to an event, evaluated."""

    evaluation: SurvivalEvaluation

    def results(self) -> dict[str, object]:
        """Return the evaluation, ready for JSON."""
        return survival_report(self.evaluation)

    def results_text(self) -> str:
        """Return the evaluation for a terminal."""
        return survival_text(self.evaluation)

    def split(self) -> str:
        """Return the folds as CSV text."""
        return survival_split(self.evaluation)
