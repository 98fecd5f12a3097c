"""Commands that look at spectra and clean them."""
