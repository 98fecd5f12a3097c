"""Patients with spectra, clinical columns and images of tissue, of whom the best possible verdict is known."""
