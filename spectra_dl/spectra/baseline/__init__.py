"""Baseline correction of whole matrices of spectra, each fit with a certificate."""

from spectra_dl.spectra.baseline.certificate import BaselineResult, Certificate
from spectra_dl.spectra.baseline.methods import METHODS, correct
from spectra_dl.spectra.baseline.smoothing import choose_lam
from spectra_dl.spectra.baseline.whittaker import airpls, arpls, asls, drpls, iasls

__all__ = [
    "METHODS",
    "BaselineResult",
    "Certificate",
    "airpls",
    "arpls",
    "asls",
    "choose_lam",
    "correct",
    "drpls",
    "iasls",
]
