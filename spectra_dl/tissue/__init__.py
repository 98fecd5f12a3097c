"""Images of tissue to classes: images, cohort, models on their features, predictor."""
