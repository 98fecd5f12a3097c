"""Commands on spectra."""
