"""Quality control: a verdict on every spectrum before anything is fitted or predicted."""

from spectra_dl.spectra.quality.shapes import PLATEAU, RAYS
from spectra_dl.spectra.quality.verdict import Verdict
from spectra_dl.spectra.quality.verdicts import inspect, used_range

__all__ = ["PLATEAU", "RAYS", "Verdict", "inspect", "used_range"]
