"""Fusion: one patient's verdict from all that is known of a patient: spectra, images of tissue, clinical columns."""
