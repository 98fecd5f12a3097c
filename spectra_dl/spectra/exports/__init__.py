"""A model of spectra for other programs."""
