"""Choose a baseline's smoothing parameter λ (``lam``) from the spectra themselves: the V-curve.

``lam`` weighs the baseline's squared second differences; what is right depends on the number of points, the width of
the bands and the background. Along a grid of values the misfit and the roughness of the baseline are followed on
logarithmic scales; where both hardly move from one value to the next, the baseline is no longer bent by bands and not
yet kept from bending with the background.
"""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import SpectraDLWarning, UsageError
from spectra_dl.spectra.baseline.certificate import BaselineResult
from spectra_dl.spectra.baseline.methods import WHITTAKER_METHODS, ParameterValue, check_parameters, correct
from spectra_dl.spectra.baseline.settings import checked_intensity
from spectra_dl.spectra.recently_used import RecentlyUsed, row_digests

AUTO = "auto"
_STEP = 0.25  # decades: wide enough that folds of one study mostly agree
_GRID = 10.0 ** np.arange(2.0, 9.0 + _STEP / 2, _STEP)
_MOST_SPECTRA = 100
_LAM_WITHOUT_CURVATURE = 1e5  # where no spectrum bends at all, every lam gives the same baseline
_DEFAULT_P = 0.01
_FLATTEST = RecentlyUsed["_Chosen"](16 << 20)  # of some 40,000 spectra
# A baseline this many times as rough as that of asls runs over bands. Medians over real spectra of saliva, serum and mouse tissue: 9 to 26 where arpls,
# drpls or airpls do so, .01 to 1.5 where not; of simulated ones .9 to 1.04.
_MOST_TIMES_ROUGHER = 4.0
_REFERENCE: Mapping[str, ParameterValue] = {"p": 0.001, "tol": 1e-3}


def choose_lam(intensity: ArrayLike, method: str, parameters: Mapping[str, ParameterValue]) -> float:
    """Choose ``lam`` for a method by the V-curve over training spectra.

    Each spectrum's value is where the distance between neighbouring points of the curve (log misfit, log roughness) is
    least; the median over spectra is returned. At most 100 spectra, evenly spaced over the rows, are looked at. Values whose baseline is more than
    4 times as rough as that of asls are left out, with a warning where the curve prefers them: arpls, airpls and drpls run over whole bands there.

    Parameters
    ----------
    intensity
        ``(n, p)`` training spectra, n at least 1, no missing values.
    method
        One of the five with a ``lam``: asls, arpls, airpls, iasls, drpls.
    parameters
        The method's other parameters; ``lam`` is ignored.

    Returns
    -------
    lam
        From 10^2.25 to 10^9, a whole number of quarter decades; 1e5 where no spectrum bends at all.

    Raises
    ------
    UsageError
        A method without a ``lam`` that can be chosen, no spectra, or a wrong parameter.
    DataError
        Missing values, or spectra of fewer than 5 points.

    Notes
    -----
    Frasso & Eilers 2015, Statistical Modelling 15:91, doi 10.1177/1471082X14549288. Theirs smooths with given weights;
    here the misfit weighs points above the baseline by ``p`` and those below by ``1 - p``, as asymmetric least squares
    does, also for methods that have no ``p`` (0.01 then).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 500)
    >>> band, background = np.exp(-0.5 * ((x - 0.5) / 0.01) ** 2), np.exp(-2 * x)
    >>> noise = np.random.default_rng(0).normal(0, 0.01, (8, 500))
    >>> 1e3 < choose_lam(band + background + noise, "asls", {}) < 1e7
    True
    """
    check_parameters(method, parameters)
    if method not in WHITTAKER_METHODS:
        raise UsageError(
            f'lam="{AUTO}" works with {", ".join(WHITTAKER_METHODS)}; {method} needs its own settings'
        )
    spectra = checked_intensity(intensity)
    if not len(spectra):
        raise UsageError(f'lam="{AUTO}" is chosen on training spectra; there are none')
    subset = spectra[_evenly_spaced(len(spectra))]
    fixed = {name: value for name, value in parameters.items() if name != "lam"}
    chosen = _flattest(subset, method, fixed)
    bent = [each.place for each in chosen if each.place >= 0]
    lam = float(_GRID[int(np.median(bent))]) if bent else _LAM_WITHOUT_CURVATURE
    overruled = sum(each.overruled for each in chosen)
    if overruled > len(chosen) / 2:
        warnings.warn(
            f"{method}: the V-curve would let the baseline run over bands in {overruled} of {len(chosen)} spectra; with lam {lam:.3g}, which is used instead, it does not",
            SpectraDLWarning,
            stacklevel=2,
        )
    return lam


@dataclass(frozen=True)
class _Chosen:
    """Where a spectrum's curve moves least: the place in the grid, -1 where it doesn't bend, and whether it moves less where the baseline runs over bands."""

    place: int
    overruled: bool


def _evenly_spaced(n_rows: int) -> NDArray[np.intp]:
    return np.linspace(0, n_rows - 1, min(n_rows, _MOST_SPECTRA)).round().astype(np.intp)


def _flattest(intensity: FloatArray, method: str, parameters: Mapping[str, ParameterValue]) -> list[_Chosen]:
    """Return the choice for each spectrum.

    It depends on that spectrum alone, to the last bit, and training sets of folds within folds mostly hold the same spectra: each is followed once.
    """
    keys = row_digests(json.dumps([method, sorted(parameters.items())]), intensity)
    known = [_FLATTEST.get(key) for key in keys]
    missing = [at for at, chosen in enumerate(known) if chosen is None]
    if missing:
        found = dict(zip(missing, _followed(intensity[missing], method, parameters), strict=True))
        for at, chosen in found.items():
            _FLATTEST.put(keys[at], chosen)
        known = [found.get(at, chosen) for at, chosen in enumerate(known)]
    return [chosen for chosen in known if chosen is not None]


def _followed(intensity: FloatArray, method: str, parameters: Mapping[str, ParameterValue]) -> list[_Chosen]:
    """Follow the curve of each spectrum, among the values whose baseline does not run over bands."""
    p = float(parameters.get("p", _DEFAULT_P))
    curve = np.stack(
        [
            _log_misfit_and_roughness(intensity, correct(intensity, method, {**parameters, "lam": lam}), p)
            for lam in _GRID.tolist()
        ]
    )
    free = _least_steps(curve, np.ones(curve[:, 1].shape, dtype=np.bool_))
    kept = free if method == "asls" else _least_steps(curve, curve[:, 1] <= _roughest(intensity))
    return [_Chosen(*each) for each in zip(kept.tolist(), (kept != free).tolist(), strict=True)]


def _roughest(intensity: FloatArray) -> FloatArray:
    """Return the largest logarithm of roughness, ``(n,)``, of a baseline that does not run over bands; infinite where asls says nothing."""
    places = np.array([each.place for each in _flattest(intensity, "asls", _REFERENCE)])
    most = np.full(len(intensity), np.inf)
    for place in np.unique(places[places >= 0]):
        rows = places == place
        fitted = correct(intensity[rows], "asls", {**_REFERENCE, "lam": float(_GRID[place])})
        most[rows] = 2 * np.log(_MOST_TIMES_ROUGHER * fitted.certificate.roughness)
    return most


def _log_misfit_and_roughness(intensity: FloatArray, fitted: BaselineResult, p: float) -> FloatArray:
    """Return ``(2, n)``: the logarithms of weighted misfit and roughness; minus infinity where there is none."""
    residual = intensity - fitted.baseline
    misfit = np.vecdot(np.where(residual > 0, p, 1 - p) * residual, residual)
    with np.errstate(divide="ignore"):
        logarithms: FloatArray = np.log(np.stack([misfit, fitted.certificate.roughness**2]))
    return logarithms


def _least_steps(curve: FloatArray, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the end of the step in which ``curve`` ``(lams, 2, n)`` moves least, ``(n,)``; -1 where it isn't finite.

    Only steps that end at a value which is ``allowed``, ``(lams, n)``, are looked at; where none does, it is the last.
    """
    with np.errstate(invalid="ignore"):
        moved = np.hypot(*np.moveaxis(np.diff(curve, axis=0), 1, 0))  # (lams - 1, n)
    finite = np.isfinite(moved).all(axis=0)
    moved = np.where(allowed[1:], moved, np.inf)
    moved[-1] = np.minimum(moved[-1], np.finfo(np.float64).max)
    return np.where(finite, moved.argmin(axis=0) + 1, -1)
