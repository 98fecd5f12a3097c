"""Whole slides to the expression of a patient's bulk tissue: bags of tiles, and the profiles they are trained on."""
