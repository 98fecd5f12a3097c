"""Deep learning for Raman spectra of biofluids, judged by patient and hard to fool. Research use only."""

__version__ = "0.1.0"
