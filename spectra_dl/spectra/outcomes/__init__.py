"""Models of spectra that predict what comes of patients."""
