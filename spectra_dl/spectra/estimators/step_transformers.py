"""Each step of preprocessing as a scikit-learn transformer of its own, with settings that a grid search can change."""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from spectra_dl.spectra.baseline.methods import ParameterValue
from spectra_dl.spectra.baseline.smoothing import AUTO
from spectra_dl.spectra.estimators.preprocessor import SpectraTransformer
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
from spectra_dl.spectra.preprocessing.scaling import Kind
from spectra_dl.spectra.preprocessing.steps import (
    EMSC,
    Baseline,
    Crop,
    Despike,
    Negatives,
    Normalise,
    Resample,
    Smooth,
    Step,
)

_THRESHOLD = Despike().threshold


class SpectraStep(SpectraTransformer):
    """A transformer of one step; see `SpectraTransformer`."""

    def _step(self) -> Step:
        """Return the step with the transformer's settings."""
        raise NotImplementedError

    def _steps(self) -> Preprocessing:
        return Preprocessing((self._step(),))


class SpectraCropper(SpectraStep):
    """Keep the points from ``low`` to ``high`` cm⁻¹, both included.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    low, high
        Ends of the range in cm⁻¹.

    Examples
    --------
    >>> cropper = SpectraCropper([400.0, 402.0, 404.0, 406.0], low=402, high=404)
    >>> cropper.fit_transform([[1.0, 2.0, 3.0, 4.0]]), list(cropper.get_feature_names_out())
    (array([[2., 3.]]), ['402.0', '404.0'])
    """

    def __init__(
        self, wavenumber: ArrayLike | None = None, *, low: float = 400.0, high: float = 1800.0
    ) -> None:
        self.wavenumber = wavenumber
        self.low = low
        self.high = high

    def _step(self) -> Step:
        return Crop(self.low, self.high)


class SpectraResampler(SpectraStep):
    """Read the spectra off straight lines at even points: ``low``, ``low + step``, ... up to ``high`` cm⁻¹.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    low, high
        Ends of the range in cm⁻¹, which the spectra must cover.
    step
        Between points, in cm⁻¹.

    Examples
    --------
    >>> SpectraResampler([400.0, 402.0, 404.0], low=400, high=404, step=1).fit_transform([[1.0, 2.0, 4.0]])
    array([[1. , 1.5, 2. , 3. , 4. ]])
    """

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        *,
        low: float = 400.0,
        high: float = 1800.0,
        step: float = 2.0,
    ) -> None:
        self.wavenumber = wavenumber
        self.low = low
        self.high = high
        self.step = step

    def _step(self) -> Step:
        return Resample(self.low, self.high, self.step)


class SpectraDespiker(SpectraStep):
    """Replace cosmic rays by the line between their neighbours; see `spectra_dl.spectra.preprocessing.steps.Despike`.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    threshold
        How far a ray stands out of the noise, 3 to 1,000, as the step measures it.

    Examples
    --------
    >>> import numpy as np
    >>> spectra = np.add.outer(np.arange(5.0), np.sin(np.arange(60.0) / 9))
    >>> spectra[2, 30] += 500
    >>> cleaned = SpectraDespiker(np.arange(400.0, 520.0, 2.0)).fit_transform(spectra)
    >>> bool(cleaned.max() < 10)
    True
    """

    def __init__(self, wavenumber: ArrayLike | None = None, *, threshold: float = _THRESHOLD) -> None:
        self.wavenumber = wavenumber
        self.threshold = threshold

    def _step(self) -> Step:
        return Despike(self.threshold)


class SpectraBaselineCorrector(SpectraStep):
    """Subtract a fitted baseline; see `spectra_dl.spectra.preprocessing.steps.Baseline`.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    method
        One of `spectra_dl.spectra.baseline.METHODS`.
    lam
        Smoothing parameter; ``"auto"`` chooses it on the training rows, None leaves it to the method (those without one need None).
    parameters
        The method's other parameters by name; None takes its defaults.
    negatives
        What happens to points below the baseline: ``"keep"`` or ``"clip"``.

    Examples
    --------
    >>> import numpy as np
    >>> axis = np.linspace(400, 1800, 200)
    >>> spectra = 100 + axis / 10 + 50 * np.exp(-(((axis - 1000) / 10) ** 2)) + np.zeros((3, 1))
    >>> corrected = SpectraBaselineCorrector(axis, lam=1e5, parameters={"p": 0.001}).fit_transform(spectra)
    >>> corrected[0, 0].round(1), corrected[0].max().round(1) > 40
    (np.float64(0.0), np.True_)
    """

    def __init__(
        self,
        wavenumber: ArrayLike | None = None,
        *,
        method: str = "asls",
        lam: float | str | None = AUTO,
        parameters: Mapping[str, ParameterValue] | None = None,
        negatives: Negatives = "keep",
    ) -> None:
        self.wavenumber = wavenumber
        self.method = method
        self.lam = lam
        self.parameters = parameters
        self.negatives = negatives

    def _step(self) -> Step:
        usual = Baseline()
        given = self.parameters
        if given is None:
            given = dict(usual.parameters) if self.method == usual.method else {}
        others = tuple((name, value) for name, value in given.items() if name != "lam")
        lam = () if self.lam is None else (("lam", self.lam),)
        return Baseline(self.method, (*lam, *others), self.negatives)


class SpectraSmoother(SpectraStep):
    """Smooth by local polynomials (Savitzky and Golay 1964, doi 10.1021/ac60214a047).

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    window
        Points, odd, 3 to 501.
    order
        Of the polynomial, below ``window`` and at most 8.

    Examples
    --------
    >>> SpectraSmoother([400.0, 402.0, 404.0], window=3, order=1).fit_transform([[0.0, 3.0, 3.0]]).round(2)
    array([[0.5, 2. , 3.5]])
    """

    def __init__(self, wavenumber: ArrayLike | None = None, *, window: int = 9, order: int = 3) -> None:
        self.wavenumber = wavenumber
        self.window = window
        self.order = order

    def _step(self) -> Step:
        return Smooth(self.window, self.order)


class SpectraNormaliser(SpectraStep):
    """Bring every spectrum to one scale; a constant spectrum becomes zero.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    kind
        ``"snv"`` (mean 0, standard deviation 1), ``"vector"`` (sum of squares 1), ``"area"`` (sum of absolute values 1) or
        ``"minmax"`` (0 to 1).

    Examples
    --------
    >>> SpectraNormaliser([400.0, 402.0, 404.0], kind="minmax").fit_transform([[1.0, 2.0, 5.0]])
    array([[0.  , 0.25, 1.  ]])
    """

    def __init__(self, wavenumber: ArrayLike | None = None, *, kind: Kind = "snv") -> None:
        self.wavenumber = wavenumber
        self.kind = kind

    def _step(self) -> Step:
        return Normalise(self.kind)


class SpectraScatterCorrector(SpectraStep):
    """Extended multiplicative signal correction against the mean training spectrum; see `spectra_dl.spectra.preprocessing.steps.EMSC`.

    Parameters
    ----------
    wavenumber
        ``(p,)`` axis in cm⁻¹; None takes the columns of the data frame or the axis of the table.
    order
        Highest power of the axis, 0 to 6; 0 is plain multiplicative signal correction.

    Examples
    --------
    >>> corrector = SpectraScatterCorrector([400.0, 402.0, 404.0], order=0)
    >>> corrector.fit_transform([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]]).round(6).tolist()
    [[1.5, 3.0, 6.0], [1.5, 3.0, 6.0]]
    """

    def __init__(self, wavenumber: ArrayLike | None = None, *, order: int = 2) -> None:
        self.wavenumber = wavenumber
        self.order = order

    def _step(self) -> Step:
        return EMSC(self.order)
