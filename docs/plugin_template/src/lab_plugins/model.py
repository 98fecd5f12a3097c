"""A classical model: scikit-learn's shape, unfitted; it is given cleaned spectra and fitted in each fold."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def lab_ridge():
    """Return the unfitted classifier."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
