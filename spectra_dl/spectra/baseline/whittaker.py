"""The penalised least-squares baselines: asls, arpls, airpls, iasls, drpls.

Each takes a whole ``(n, p)`` matrix and gives ``n`` baselines with a certificate. Names, defaults and
iterates are those of pybaselines 1.2 with ``diff_order=2``.

A spectrum's result depends on that spectrum and the parameters alone: the same bits alone, in any batch, in
any order, in any number of threads. Two engines that agree to 1e-7 but not to the last bit could not promise
that if the size of the batch chose between them. So it doesn't: every batch, one spectrum or a million, runs
on the compiled kernels, whose code is ready after some 0.2 s. The LAPACK engine runs where the kernels can't
be compiled, for single spectra they hand back as unsolvable, and on request (``engine="banded"``).
"""

import warnings
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import SpectraDLWarning, UsageError
from spectra_dl.execution.threads import available_processors, usual_threads
from spectra_dl.spectra.baseline.certificate import BaselineResult, Shape, certified, shape_of
from spectra_dl.spectra.baseline.settings import (
    AirplsSettings,
    ArplsSettings,
    AslsSettings,
    DrplsSettings,
    IaslsSettings,
    WhittakerSettings,
    intensity_matrix,
    require_finite,
)

Fits = tuple[FloatArray, NDArray[np.int64], FloatArray, Shape]
Engine = Literal["auto", "banded"]

# Below this a thread costs more than it saves.
_SPECTRA_PER_THREAD = 64


def asls(
    intensity: ArrayLike,
    *,
    lam: float = 1e6,
    p: float = 1e-2,
    max_iter: int = 50,
    tol: float = 1e-3,
    threads: int | None = None,
    engine: Engine = "auto",
) -> BaselineResult:
    """Fit asymmetric least-squares baselines.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, evenly spaced points, at least 5 of them, no missing values.
    lam
        Smoothing parameter λ: the weight of the baseline's squared second differences, in (0, 1e12].
    p
        Weight of points above the baseline, in (0, 1); points below weigh ``1 - p``.
    max_iter
        Iterations after the first.
    tol
        Relative change of the weights at which a spectrum has converged.
    threads
        At most so many at once; by default one per processor this process may use, within the environment's
        OMP_NUM_THREADS. Changes nothing but the time.
    engine
        ``"auto"``: compiled kernels wherever they can be compiled. ``"banded"``: LAPACK, one spectrum at a
        time. Both agree to 1e-7 of a spectrum's largest value and in their iterations, not to the last bit.

    Returns
    -------
    BaselineResult
        ``(n, p)`` float64 baselines, and the certificate of each.

    Raises
    ------
    DataError
        The matrix holds missing or infinite values or spectra of fewer than 5 points.
    UsageError
        A parameter is outside its range.

    References
    ----------
    Eilers 2003, Anal. Chem. 75:3631, doi 10.1021/ac034173t; Eilers & Boelens 2005, unpublished report.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)
    >>> spectrum = 3 + 2 * x + np.exp(-0.5 * ((x - 0.5) / 0.02) ** 2)
    >>> result = asls(spectrum[np.newaxis], lam=1e6, p=0.001)
    >>> bool(result.certificate.converged[0])
    True
    >>> bool(np.abs(result.baseline[0] - (3 + 2 * x)).max() < 0.02)
    True
    """
    return _fit(intensity, AslsSettings(lam=lam, p=p, max_iter=max_iter, tol=tol), threads, engine)


def arpls(
    intensity: ArrayLike,
    *,
    lam: float = 1e5,
    max_iter: int = 50,
    tol: float = 1e-3,
    threads: int | None = None,
    engine: Engine = "auto",
) -> BaselineResult:
    """Fit asymmetrically reweighted baselines, which learn the noise from the points below them.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, evenly spaced points, at least 5 of them, no missing values.
    lam
        Smoothing parameter λ: the weight of the baseline's squared second differences, in (0, 1e12].
    max_iter
        Iterations after the first, 0 to 10,000.
    tol
        Relative change of the weights at which a spectrum has converged, above 0.
    threads
        Threads at most, as in `asls`.
    engine
        ``"auto"`` or ``"banded"``, as in `asls`.

    Returns
    -------
    BaselineResult
        ``(n, p)`` float64 baselines, and the certificate of each.

    Raises
    ------
    DataError
        The matrix holds missing or infinite values or spectra of fewer than 5 points.
    UsageError
        A parameter is outside its range.

    References
    ----------
    Baek et al. 2015, Analyst 140:250, doi 10.1039/C4AN01061B.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)
    >>> spectrum = 3 + 2 * x + np.exp(-0.5 * ((x - 0.5) / 0.02) ** 2)
    >>> result = arpls(spectrum[np.newaxis], lam=1e5)
    >>> bool(np.abs(result.baseline[0] - (3 + 2 * x)).max() < 0.05)
    True
    """
    return _fit(intensity, ArplsSettings(lam=lam, max_iter=max_iter, tol=tol), threads, engine)


def airpls(
    intensity: ArrayLike,
    *,
    lam: float = 1e6,
    max_iter: int = 50,
    tol: float = 1e-3,
    threads: int | None = None,
    engine: Engine = "auto",
) -> BaselineResult:
    """Fit adaptive iteratively reweighted baselines.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, evenly spaced points, at least 5 of them, no missing values.
    lam
        Smoothing parameter λ: the weight of the baseline's squared second differences, in (0, 1e12].
    max_iter
        Iterations after the first, 0 to 10,000.
    tol
        Summed residual below the baseline relative to the summed absolute intensity at which a spectrum has
        converged, above 0.
    threads
        Threads at most, as in `asls`.
    engine
        ``"auto"`` or ``"banded"``, as in `asls`.

    Returns
    -------
    BaselineResult
        ``(n, p)`` float64 baselines, and the certificate of each.

    Raises
    ------
    DataError
        The matrix holds missing or infinite values or spectra of fewer than 5 points.
    UsageError
        A parameter is outside its range.

    References
    ----------
    Zhang, Chen & Liang 2010, Analyst 135:1138, doi 10.1039/B922045C; the sign of its equation 9 as
    corrected by the author.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)
    >>> spectrum = 3 + 2 * x + np.exp(-0.5 * ((x - 0.5) / 0.02) ** 2)
    >>> result = airpls(spectrum[np.newaxis], lam=1e6)
    >>> bool(np.abs(result.baseline[0] - (3 + 2 * x)).max() < 0.05)
    True
    """
    return _fit(intensity, AirplsSettings(lam=lam, max_iter=max_iter, tol=tol), threads, engine)


def iasls(
    intensity: ArrayLike,
    *,
    lam: float = 1e6,
    p: float = 1e-2,
    lam_1: float = 1e-4,
    max_iter: int = 50,
    tol: float = 1e-3,
    threads: int | None = None,
    engine: Engine = "auto",
) -> BaselineResult:
    """Fit improved asymmetric least-squares baselines, started from a parabola.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, evenly spaced points, at least 5 of them, no missing values.
    lam
        Smoothing parameter λ: the weight of the baseline's squared second differences, in (0, 1e12].
    p
        Weight of points above the baseline, in (0, 1); points below weigh ``1 - p``.
    lam_1
        Weight of the squared first differences of the residual, in [0, 1e12].
    max_iter
        Iterations after the first, 0 to 10,000.
    tol
        Relative change of the weights at which a spectrum has converged, above 0.
    threads
        Threads at most, as in `asls`.
    engine
        ``"auto"`` or ``"banded"``, as in `asls`.

    Returns
    -------
    BaselineResult
        ``(n, p)`` float64 baselines, and the certificate of each.

    Raises
    ------
    DataError
        The matrix holds missing or infinite values or spectra of fewer than 5 points.
    UsageError
        A parameter is outside its range.

    References
    ----------
    He et al. 2014, Anal. Methods 6:4402, doi 10.1039/C4AY00068D.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)
    >>> spectrum = 3 + 2 * x + np.exp(-0.5 * ((x - 0.5) / 0.02) ** 2)
    >>> result = iasls(spectrum[np.newaxis], lam=1e6)
    >>> bool(np.abs(result.baseline[0] - (3 + 2 * x)).max() < 0.05)
    True
    """
    return _fit(
        intensity, IaslsSettings(lam=lam, p=p, lam_1=lam_1, max_iter=max_iter, tol=tol), threads, engine
    )


def drpls(
    intensity: ArrayLike,
    *,
    lam: float = 1e5,
    eta: float = 0.5,
    max_iter: int = 50,
    tol: float = 1e-3,
    threads: int | None = None,
    engine: Engine = "auto",
) -> BaselineResult:
    """Fit doubly reweighted baselines.

    Parameters
    ----------
    intensity
        ``(n, p)``, one spectrum per row, evenly spaced points, at least 5 of them, no missing values.
    lam
        Smoothing parameter λ: the weight of the baseline's squared second differences, in (0, 1e12].
    eta
        How much the penalty is lowered where a point's weight is high, in [0, 1].
    max_iter
        Iterations after the first, 0 to 10,000.
    tol
        Relative change of the weights at which a spectrum has converged, above 0.
    threads
        Threads at most, as in `asls`.
    engine
        ``"auto"`` or ``"banded"``, as in `asls`.

    Returns
    -------
    BaselineResult
        ``(n, p)`` float64 baselines, and the certificate of each.

    Raises
    ------
    DataError
        The matrix holds missing or infinite values or spectra of fewer than 5 points.
    UsageError
        A parameter is outside its range.

    References
    ----------
    Xu et al. 2019, Appl. Opt. 58:3913, doi 10.1364/AO.58.003913.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 200)
    >>> spectrum = 3 + 2 * x + np.exp(-0.5 * ((x - 0.5) / 0.02) ** 2)
    >>> result = drpls(spectrum[np.newaxis], lam=1e6)
    >>> bool(np.abs(result.baseline[0] - (3 + 2 * x)).max() < 0.05)
    True
    """
    return _fit(intensity, DrplsSettings(lam=lam, eta=eta, max_iter=max_iter, tol=tol), threads, engine)


def _fit(
    intensity: ArrayLike, settings: WhittakerSettings, threads: int | None, engine: Engine
) -> BaselineResult:
    if engine not in get_args(Engine):
        raise UsageError(f"engine is {engine!r}; give one of {', '.join(get_args(Engine))}")
    if threads is not None and not (isinstance(threads, int) and threads >= 1):
        raise UsageError(f"threads is {threads!r}; give a whole number from 1, or None for all processors")
    matrix = intensity_matrix(intensity)
    fits, n_threads = None, 1
    if engine == "auto" and len(matrix):
        enough = len(matrix) // _SPECTRA_PER_THREAD
        if enough > 1:
            n_threads = min(threads or min(usual_threads(), available_processors()), enough)
        fits = _by_kernels(matrix, settings, n_threads)
    baseline, iterations, final_change, shape = fits or _by_lapack(matrix, settings, range(len(matrix)))
    return certified(
        matrix,
        baseline,
        converged=final_change < settings.tol,
        iterations=iterations,
        final_change=final_change,
        shape=shape,
    )


def _by_kernels(matrix: FloatArray, settings: WhittakerSettings, threads: int) -> Fits | None:
    """Fit with the compiled kernels; None where this machine can't compile them."""
    try:
        # Imported here: a program that fits no baseline needs no compiler.
        from spectra_dl.spectra.baseline import compiled

        baseline, iterations, changes, shape = compiled.fit(matrix, settings, threads)
    except (ImportError, OSError, RuntimeError) as err:
        if "failed to map segment" in str(err.__context__):
            # LAPACK, in its turn, would wait for ever for memory that it can't have.
            raise MemoryError("not enough memory to load the compiler of the baseline kernels") from err
        warnings.warn(
            f"baselines are fitted with LAPACK, some 30 times slower: {str(err)[:200]}. Is llvmlite installed?",
            SpectraDLWarning,
            stacklevel=4,
        )
        return None
    # Spectra with missing or infinite values are among them: looking for these first takes a fifteenth of asls's time.
    unsolved = np.flatnonzero(iterations == compiled.NOT_DONE)
    if unsolved.size:
        baseline[unsolved], iterations[unsolved], changes[unsolved], anew = _by_lapack(
            matrix[unsolved], settings, unsolved.tolist()
        )
        shape.below[unsolved], shape.squares[unsolved] = anew.below, anew.squares
    return baseline, iterations, changes, shape


def _by_lapack(matrix: FloatArray, settings: WhittakerSettings, rows: Sequence[int]) -> Fits:
    """Fit one spectrum after the other, which are those of these row numbers where the caller has them."""
    require_finite(matrix, rows)
    baseline, changes = np.empty_like(matrix), np.empty(len(matrix))
    iterations = np.empty(len(matrix), dtype=np.int64)
    if len(matrix):
        # Imported here: scipy.linalg costs a third of a second.
        from spectra_dl.spectra.baseline.banded import fit

        for row, spectrum in enumerate(matrix):
            baseline[row], iterations[row], changes[row] = fit(spectrum, settings)
    return baseline, iterations, changes, shape_of(matrix, baseline)
