"""The wavenumber axis checked and corrected by a standard whose lines are known."""
