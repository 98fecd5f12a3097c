"""Models from features of tiles to expression, in scikit-learn's shape."""
