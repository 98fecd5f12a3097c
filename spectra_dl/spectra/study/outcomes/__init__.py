"""Train models of what comes of patients on their spectra, and predict with them."""
