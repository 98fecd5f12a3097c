"""Data and models that come with spectra-dl."""
