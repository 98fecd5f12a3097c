"""An ensemble of small networks that predicts a number of each patient from spectra, in scikit-learn's shape."""

from spectra_dl.classification.outcomes.number import NumberEnsemble
from spectra_dl.spectra.estimators.outcomes.ensemble import OutcomeNetwork


class NumberNetwork(NumberEnsemble, OutcomeNetwork):
    """Predict a number from spectra by the mean of small networks; parameters as of `OutcomeNetwork`."""
