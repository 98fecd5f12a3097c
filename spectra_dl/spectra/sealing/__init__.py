"""What a protocol seals of a study of spectra."""
