"""Models of one number per patient: their folds, figures, chance and audit."""
