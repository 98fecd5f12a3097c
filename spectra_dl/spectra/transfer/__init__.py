"""From one instrument's spectra to those of another, learned from samples that both measured."""
