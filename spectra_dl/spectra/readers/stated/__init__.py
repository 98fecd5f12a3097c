"""What a file says of its spectra in words, which outranks what its numbers allow."""
