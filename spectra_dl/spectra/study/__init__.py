"""The workflows on spectra, one function each: the command line, benchmarks and notebooks call the same."""
