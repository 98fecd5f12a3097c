"""Pictures of spectra: matplotlib axes in, axes out."""
