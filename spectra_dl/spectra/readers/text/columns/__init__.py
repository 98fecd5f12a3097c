"""Tables in which a column is the axis and others are spectra."""
