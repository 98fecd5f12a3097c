"""The parts of a model of spectra: linear models, the default network, MiniRocket beside it."""
