"""The command spectra-dl: parse, call the library, print."""
