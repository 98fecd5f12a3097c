"""Models of a number per patient: regressions and networks, each cleaning spectra in its own fold."""
