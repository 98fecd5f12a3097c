"""Models of classes: their folds, figures, thresholds, calibration and prediction sets."""
