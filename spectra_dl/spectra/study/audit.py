"""Audit a study of spectra before any model is trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from spectra_dl.evaluation.audit.audit_report import audit_json, audit_text
from spectra_dl.execution.run import Execution
from spectra_dl.spectra.probes.study import StudyAudit, audit_study
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.provenance import DISCLAIMER
from spectra_dl.storage.run_folder import RunResult

BATCHES_FILE = "batches.svg"


@dataclass(frozen=True, eq=False)
class AuditedSpectra(RunResult):
    """What besides biology predicts the classes of a study.

    Attributes
    ----------
    study
        The findings, and the spectra that were looked at.
    """

    study: StudyAudit

    @property
    def report(self) -> dict[str, object]:
        """Notes, refused spectra and findings, ready for JSON."""
        return {
            "notes": list(self.study.cohort.notes),
            "refused": list(self.study.cohort.refused),
            "results": {"audit": audit_json(self.study.audit)},
        }

    def files(self, report: Mapping[str, object]) -> Mapping[str, str]:
        """Return the figure of mean spectra by instrument or batch, where a column names two.

        Parameters
        ----------
        report
            The whole report, with its provenance.
        """
        from spectra_dl.evaluation.report.figures import svg_text
        from spectra_dl.spectra.plots.batch_plot import batch_figure

        figure = batch_figure(self.study.cohort.table)
        if figure is None:
            return {}
        title = "Mean spectra by batch, and in what they differ"
        return {
            BATCHES_FILE: '<?xml version="1.0" encoding="UTF-8"?>\n'
            + svg_text(figure, "batches", title=title)
        }

    def text(self) -> str:
        """Return the findings for a terminal, the gravest first."""
        cohort = self.study.cohort
        counts = f"{len(set(cohort.subject))} patients, {len(cohort.label)} spectra. {DISCLAIMER}."
        notes = [f"Note: {note}" for note in cohort.notes]
        return "\n".join([audit_text(self.study.audit), "", counts, *notes])


def audit_spectra(
    table: SpectraTable,
    *,
    folds: int = 5,
    seed: int = 0,
    execution: Execution | None = None,
    label_per_sample: bool = False,
) -> AuditedSpectra:
    """Run every check that the table allows; see `spectra_dl.spectra.probes.study.audit_study`.

    Parameters
    ----------
    table
        Raw spectra with labels and patients.
    folds
        Parts the patients are split into.
    seed
        Of the folds, the resampled patients and the permutations.
    execution
        Where the checks run; in this process if None.
    label_per_sample
        As in `spectra_dl.spectra.cohort.labelled_cohort`.
    """
    study = audit_study(table, folds=folds, seed=seed, execution=execution, label_per_sample=label_per_sample)
    return AuditedSpectra(study)
