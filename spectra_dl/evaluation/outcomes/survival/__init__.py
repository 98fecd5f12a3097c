"""Models of the time to an event, with patients whose event was not seen: their figures, folds, chance and audit."""
