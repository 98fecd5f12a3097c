"""The relative intensity corrected by a standard whose emission is certified."""
