"""spectra-dl serve at work, for tests of its page."""
