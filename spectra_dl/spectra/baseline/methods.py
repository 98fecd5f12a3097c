"""Every baseline method by name: five Whittaker smoothers implemented here, the rest from pybaselines."""

import inspect
import warnings
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.baseline.certificate import BaselineResult, certified
from spectra_dl.spectra.baseline.settings import checked_intensity
from spectra_dl.spectra.baseline.whittaker import airpls, arpls, asls, drpls, iasls

ParameterValue = bool | int | float | str

WHITTAKER_METHODS: dict[str, Callable[..., BaselineResult]] = {
    "asls": asls,
    "arpls": arpls,
    "airpls": airpls,
    "iasls": iasls,
    "drpls": drpls,
}

# All single-spectrum methods of pybaselines 1.2 that run on their defaults. Left out: the optimisers
# (they call other methods), and interp_pts (it needs points chosen by hand).
_OTHERS = """
    amormol aspls beads brpls corner_cutting cwt_br derpsalsa dietrich fabc fastchrom goldindec golotvin
    iarpls imodpoly imor ipsa irsqr jbcd loess lsrpls mixture_model modpoly mor mormol mpls mpspline mwmv
    noise_median peak_filling penalized_poly poly psalsa pspline_airpls pspline_arpls pspline_asls
    pspline_aspls pspline_brpls pspline_derpsalsa pspline_drpls pspline_iarpls pspline_iasls pspline_lsrpls
    pspline_mpls pspline_psalsa quant_reg ria rolling_ball rubberband snip std_distribution swima tophat
"""
METHODS: tuple[str, ...] = (*WHITTAKER_METHODS, *_OTHERS.split())

# What isn't a setting of the algorithm, takes arrays or callables, or changes what a method returns.
_NOT_BY_NAME = {
    "self", "intensity", "threads", "engine", "data", "weights", "alpha_array", "kwargs", "pad_kwargs", "window_kwargs", "return_coef", "roi",
    "weights_as_mask", "scales",
}  # fmt: skip


def correct(
    intensity: ArrayLike,
    method: str,
    parameters: Mapping[str, ParameterValue],
    wavenumber: ArrayLike | None = None,
) -> BaselineResult:
    """Fit baselines by the method of that name.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, no missing values.
    method
        One of `METHODS`.
    parameters
        The method's parameters by name; those left out keep their defaults.
    wavenumber
        ``(p,)`` in cm⁻¹, used by the methods of pybaselines that look at positions (poly, snip does not);
        the five implemented here take the points as evenly spaced, as published.

    Raises
    ------
    UsageError
        No method or no parameter of that name, or a value outside its range; the message lists the names.
    DataError
        Missing or infinite values, spectra that are too short, or a method that fails on a spectrum.

    Examples
    --------
    >>> import numpy as np
    >>> correct(np.ones((2, 50)), "asls", {"lam": 1e4}).baseline.shape
    (2, 50)
    """
    check_parameters(method, parameters)
    if method in WHITTAKER_METHODS:
        return WHITTAKER_METHODS[method](intensity, **parameters)
    return _by_pybaselines(checked_intensity(intensity), method, parameters, wavenumber)


def check_parameters(method: str, parameters: Mapping[str, ParameterValue]) -> None:
    """Refuse a method or parameter that doesn't exist.

    Parameters
    ----------
    method
        The method's name.
    parameters
        Its parameters by name; ranges are checked by the method itself.

    Raises
    ------
    UsageError
        The name is unknown, or a value is not one number, truth value or text.
    """
    check_method(method)
    known = _parameter_names(method)
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise UsageError(f"{method} has no parameter {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    for name, value in parameters.items():
        if not isinstance(value, bool | int | float | str):
            raise UsageError(f"{method}: {name} is a {type(value).__name__}; give one number, text or bool")


def check_method(method: str) -> None:
    """Refuse a method that doesn't exist, without importing anything.

    Raises
    ------
    UsageError
        The name is unknown; the message proposes similar ones or lists the most used.
    """
    if method in METHODS:
        return
    proposed = get_close_matches(method, METHODS) or (
        *WHITTAKER_METHODS,
        "snip",
        "imodpoly",
        "mor",
        "rubberband",
    )
    raise UsageError(
        f"no baseline method {method[:40]!r}; did you mean {', '.join(proposed)}? "
        "spectra_dl.spectra.baseline.METHODS lists all"
    )


@cache
def _parameter_names(method: str) -> tuple[str, ...]:
    function = WHITTAKER_METHODS[method] if method in WHITTAKER_METHODS else _pybaselines_function(method)
    names = list(inspect.signature(function).parameters)
    return tuple(name for name in names if name not in _NOT_BY_NAME)


def _pybaselines_function(method: str) -> Callable[..., Any]:
    # Imported here: pybaselines costs more than a second.
    from pybaselines import Baseline

    function: Callable[..., Any] = getattr(Baseline, method)
    return function


def _by_pybaselines(
    intensity: FloatArray,
    method: str,
    parameters: Mapping[str, ParameterValue],
    wavenumber: ArrayLike | None,
) -> BaselineResult:
    from pybaselines import Baseline

    position = None if wavenumber is None else np.asarray(wavenumber, dtype=np.float64)
    fit = getattr(Baseline(x_data=position), method)
    tol = _tolerance(method, parameters)
    baseline = np.empty_like(intensity)
    converged = np.ones(len(intensity), dtype=np.bool_)
    iterations = np.ones(len(intensity), dtype=np.int64)
    final_change = np.full(len(intensity), np.nan)
    for row, spectrum in enumerate(intensity):
        baseline[row], details, warned = _call(fit, spectrum, parameters, f"{method}, spectrum {row + 1}")
        changes = np.asarray(details.get("tol_history", ()), dtype=np.float64)
        # brpls and goldindec keep one row of changes per outer iteration: no single last change.
        if changes.ndim == 1 and changes.size:
            iterations[row], final_change[row] = changes.size, changes[-1]
        converged[row] = not warned and not final_change[row] >= tol
    return certified(
        intensity, baseline, converged=converged, iterations=iterations, final_change=final_change
    )


def _tolerance(method: str, parameters: Mapping[str, ParameterValue]) -> float:
    """Return the change below which ``method`` has converged; infinite where it doesn't say."""
    known = inspect.signature(_pybaselines_function(method)).parameters
    tol = parameters.get("tol", known["tol"].default if "tol" in known else None)
    return np.inf if tol is None else float(tol)


def _call(
    fit: Callable[..., Any], spectrum: FloatArray, parameters: Mapping[str, ParameterValue], place: str
) -> tuple[FloatArray, Mapping[str, Any], bool]:
    """Return one baseline, the details of its fit, and whether pybaselines warned of it."""
    try:
        with warnings.catch_warnings(record=True) as warned, np.errstate(all="ignore"):
            warnings.simplefilter("always")
            baseline, details = fit(spectrum, **parameters)
    except (ValueError, TypeError, ArithmeticError, RuntimeError, IndexError) as err:
        detail = str(err).partition("\n")[0][:200]
        raise DataError(
            f"{place}: pybaselines refused: {detail}; leave it out, or choose another method"
        ) from err
    if not np.isfinite(baseline).all():
        raise DataError(f"{place}: the baseline is not finite; choose other parameters")
    return baseline, details, bool(warned)
