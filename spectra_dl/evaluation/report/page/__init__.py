"""An evaluation as one HTML file that a clinician reads: no network, no script, no other file."""

from spectra_dl.evaluation.report.page.render import report_page
from spectra_dl.evaluation.report.page.verdict import verdict

__all__ = ["report_page", "verdict"]
