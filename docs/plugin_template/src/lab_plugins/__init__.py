"""What our laboratory adds to spectra-dl; each module is imported when its name is asked for."""
