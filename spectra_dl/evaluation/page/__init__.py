"""An evaluation as one HTML file that a clinician reads: no network, no script, no other file."""

from spectra_dl.evaluation.page.render import report_page
from spectra_dl.evaluation.page.verdict import verdict

__all__ = ["report_page", "verdict"]
