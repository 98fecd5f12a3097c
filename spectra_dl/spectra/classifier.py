"""The old place of `spectra_dl.SpectraClassifier`; see `spectra_dl.deprecation`."""

from spectra_dl.deprecation import moved_names

__getattr__ = moved_names(__name__)
