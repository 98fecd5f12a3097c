"""How much each part of an ensemble's members counts, learnt from patients the members never saw."""

import numpy as np

from spectra_dl.arrays import FloatArray, IndexArray
from spectra_dl.evaluation.classes.calibration import fit_temperature

_NOTHING = 19.0  # a temperature as high as can be: the part says nothing of patients it hasn't seen


def learn_shares(logits: FloatArray, truth: IndexArray, trust: FloatArray | None = None) -> FloatArray:
    """Return what the logits of each part are multiplied by before they are added.

    Each part's logits are calibrated by a temperature of their own and averaged: a part that is no use on patients it never saw gets
    a high temperature and says little, and among the others none is preferred, for some tens of patients can't say which is best.

    Parameters
    ----------
    logits
        ``(p, m, c)`` of each part and out-of-fold patient.
    truth
        ``(m,)`` class numbers; every class has a patient.
    trust
        ``(p,)`` how far each part's logits are believed, 0 to 1; wholly if None.

    Returns
    -------
    shares
        ``(p,)``, none below 0 and at least one above.

    Notes
    -----
    A logarithmic opinion pool (Genest and Zidek 1986, doi 10.1214/ss/1177013825) of parts made comparable by temperature
    scaling (Guo et al. 2017, arXiv:1706.04599). On simulated studies it came level with stacking, or ahead of it where patients
    were few; docs/decisions/evaluation.md has the figures.

    Examples
    --------
    >>> truth = np.array([0, 0, 0, 1, 1, 1])
    >>> useful = np.array([3.0, 2.0, -1.0, -2.0, 1.0, -3.0])
    >>> useless = np.array([1.0, -1.0, 0.0, 1.0, -1.0, 0.0])
    >>> odds = np.stack([useful, useless])
    >>> learn_shares(np.stack([odds, -odds], axis=2) / 2, truth).round(2)
    array([0.37, 0.  ])
    """
    centred = logits - logits.mean(axis=2, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=(1, 2)))
    shares = np.zeros(len(logits))
    for part in np.flatnonzero(spread > 0):
        temperature = fit_temperature(centred[part] / spread[part], truth)
        if temperature < _NOTHING:
            shares[part] = 1.0 / (temperature * spread[part] * len(logits))
    if not shares.any():
        np.divide(1.0, spread, out=shares, where=spread > 0)
    return shares if trust is None else shares * trust
