"""A pilot of spectra, read for the plan of a study."""
