"""Raman spectra: from an instrument's file to a patient's probability."""
