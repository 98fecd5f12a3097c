"""Estimators of expression from features of tiles, with scikit-learn's interface."""
