"""Text tables of spectra: layout, numbers, headers, and spectra in rows, columns or maps."""
