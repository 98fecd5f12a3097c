"""What a network looks at: integrated gradients of held-out spectra along the wavenumber axis, and how far folds agree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import FloatArray, Texts
from spectra_dl.errors import DataError
from spectra_dl.evaluation.folds.job import Observation
from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.spectra.known_bands import nearest_band
from spectra_dl.spectra.saliency.attributions import affordable, attributions
from spectra_dl.spectra.table import SpectraTable

_MOST_BANDS = 10
_NEAR = 10.0  # cm⁻¹
_UNKNOWN = f"no known band within {_NEAR:g} cm⁻¹"


@dataclass(frozen=True, eq=False)
class ClassSaliency:
    """What the network recognises a class by.

    Attributes
    ----------
    name
        The class; with two classes the positive one.
    mean_spectrum
        ``(q,)`` mean of its held-out spectra as the network gets them.
    attribution
        ``(q,)`` how much each point adds to the class's logit in its own held-out spectra, less what it adds in the
        others'; mean over folds. Above 0 a point helps to separate them, below 0 it misleads.
    spread
        ``(q,)`` standard deviation of the attribution over folds; 0 with one fold.
    """

    name: str
    mean_spectrum: FloatArray
    attribution: FloatArray
    spread: FloatArray


@dataclass(frozen=True)
class SalientBand:
    """A place where the attribution of a class is large.

    Attributes
    ----------
    position
        cm⁻¹ of the local maximum of the absolute attribution.
    name, source
        The nearest known band and where it is reported; the source is None where none is known.
    class_name, attribution
        The class, and its attribution there.
    stable
        Every fold gives the same sign, and the mean is larger than the spread.
    """

    position: float
    name: str
    source: str | None
    class_name: str
    attribution: float
    stable: bool


@dataclass(frozen=True, eq=False)
class Saliency:
    """What a network looked at in spectra it wasn't trained on.

    Attributes
    ----------
    model
        The model's name.
    wavenumber
        ``(q,)`` in cm⁻¹, after all cleaning steps.
    classes
        One entry per class, of two classes only the positive one.
    stability
        Mean correlation of the attributions of two folds, over pairs and classes; None with one fold. Near 0 the
        folds' networks look at different places, and no band should be read from them.
    bands
        The strongest places, strongest first.
    """

    model: str
    wavenumber: FloatArray
    classes: tuple[ClassSaliency, ...]
    stability: float | None
    bands: tuple[SalientBand, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain JSON values, numbers with six digits."""
        return {
            "model": self.model,
            "axis": _listed(self.wavenumber),
            "axis_title": "wavenumber / cm⁻¹",
            "unit": "cm⁻¹",
            "known": "nearest known band",
            "classes": [
                {
                    "name": one.name,
                    "mean": _listed(one.mean_spectrum),
                    "attribution": _listed(one.attribution),
                    "spread": _listed(one.spread),
                }
                for one in self.classes
            ],
            "stability": None if self.stability is None else _short(self.stability),
            "places": [_band_json(band) for band in self.bands],
        }


@dataclass(frozen=True, eq=False)
class FoldSaliency:
    """What one fold's model looked at in its held-out spectra.

    Attributes
    ----------
    wavenumber
        ``(q,)`` in cm⁻¹, after all cleaning steps.
    mean_spectrum, attribution
        ``(q,)`` by class: the mean of its held-out spectra, and the mean attribution in them less that in the others'.
    """

    wavenumber: FloatArray
    mean_spectrum: Mapping[str, FloatArray]
    attribution: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class SaliencyObserver:
    """Return the attributions of each fold's held-out spectra, for `spectra_dl.evaluation.classes.harness.evaluate`.

    Only means per class and fold are kept.

    Attributes
    ----------
    table
        The spectra that are evaluated, in their order.
    label
        ``(n,)`` their classes.
    model
        The name of the model that is looked at; None looks at every `SpectraClassifier`.

    Raises
    ------
    DataError
        There is not one label per spectrum.

    Notes
    -----
    Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv:1703.01365) of a class's logit, with two classes of the
    positive one's less the other's, along the straight line from the mean training spectrum to the spectrum, both
    after cleaning; 32 steps of Gauss-Legendre quadrature. Taking the mean over the class less the mean over the others
    leaves out what all spectra of a fold share: on a simulated study two folds then correlate by .70, and by .47
    without. 20 to 200 attributions per fold, evenly from each class: 200 of the default network take
    two seconds, and costlier networks get fewer.
    """

    table: SpectraTable
    label: Texts
    model: str | None = None
    record_types = (FoldSaliency,)

    def __post_init__(self) -> None:
        if len(self.label) != len(self.table):
            raise DataError(f"{len(self.label)} labels for {len(self.table)} spectra; give one each")

    def __call__(self, name: str, fold: Fold, fitted: object) -> FoldSaliency | None:
        """Return what the fitted model of one fold looks at; None for models that are no `SpectraClassifier`.

        Parameters
        ----------
        name
            The model's name.
        fold
            Its training and test rows.
        fitted
            The model.
        """
        from spectra_dl.spectra.estimators.classifier import SpectraClassifier

        fitted = getattr(fitted, "best_", fitted)  # of a model that chose among candidates
        if not isinstance(fitted, SpectraClassifier) or self.model not in (None, name):
            return None
        predictor = fitted.predictor_
        classes = predictor.classification.classes
        wanted = [predictor.classification.positive_class] if len(classes) == 2 else classes
        label = np.asarray(self.label, dtype=str)
        rows = _chosen(label, fold, affordable(predictor) // (len(classes) * len(wanted)))
        spectra, attribution = attributions(
            predictor,
            self.table.select(rows),
            self.table.select(fold.train),
            [classes.index(name) for name in wanted],
            fitted.memory,
        )
        means, differences = {}, {}
        for class_name, values in zip(wanted, attribution, strict=True):
            of_class = label[rows] == class_name
            if of_class.any() and not of_class.all():
                means[class_name] = spectra[of_class].mean(axis=0)
                differences[class_name] = values[of_class].mean(axis=0) - values[~of_class].mean(axis=0)
        return FoldSaliency(predictor.preprocessing[0].wavenumber, means, differences)


def _chosen(label: NDArray[np.str_], fold: Fold, each: int) -> NDArray[np.intp]:
    """Return test rows, at most ``each`` of a class and at least one, evenly spaced."""
    of_test = label[fold.test]
    rows = [fold.test[of_test == name] for name in np.unique(of_test)]
    return np.concatenate([one[:: -(-one.size // max(1, each))] for one in rows])


def saliency_of(observations: Sequence[Observation]) -> Saliency | None:
    """Return what the first model that was looked at looked at, or None if there was none.

    Parameters
    ----------
    observations
        Of an evaluation; those of a `SaliencyObserver` count.
    """
    seen = [one for one in observations if isinstance(one.seen, FoldSaliency) and one.seen.attribution]
    if not seen:
        return None
    model = seen[0].model
    folds = [one.seen for one in seen if one.model == model and isinstance(one.seen, FoldSaliency)]
    wavenumber = folds[-1].wavenumber
    names = sorted({name for fold in folds for name in fold.attribution})
    stacked = {
        name: np.stack([fold.attribution[name] for fold in folds if name in fold.attribution])
        for name in names
    }
    classes = tuple(
        ClassSaliency(
            name,
            np.mean([fold.mean_spectrum[name] for fold in folds if name in fold.mean_spectrum], axis=0),
            stacked[name].mean(axis=0),
            stacked[name].std(axis=0, ddof=1) if len(stacked[name]) > 1 else np.zeros(wavenumber.size),
        )
        for name in names
    )
    bands = _strongest(wavenumber, classes, stacked)
    return Saliency(model, wavenumber, classes, _stability(list(stacked.values())), bands)


def _stability(folds: Sequence[FloatArray]) -> float | None:
    """Return the mean correlation of two folds' attributions, ``(folds, q)`` for each class."""
    pairs = [np.corrcoef(one, other)[0, 1] for each in folds for one, other in combinations(each, 2)]
    finite = [pair for pair in pairs if np.isfinite(pair)]
    return float(np.mean(finite)) if finite else None


def _strongest(
    wavenumber: FloatArray, classes: Sequence[ClassSaliency], folds: dict[str, FloatArray]
) -> tuple[SalientBand, ...]:
    """Return the strongest local maxima of all classes, each place once."""
    places = sorted(
        (
            (abs(one.attribution[at]), wavenumber[at], at, one)
            for one in classes
            for at in _maxima(one.attribution)
        ),
        key=lambda place: (-place[0], place[1], place[3].name),
    )
    bands: list[SalientBand] = []
    for _, position, at, one in places:
        if len(bands) == _MOST_BANDS:
            break
        if all(abs(band.position - position) > _NEAR for band in bands):
            mean, own = one.attribution[at], folds[one.name][:, at]
            agreed = len(own) > 1 and bool(np.all(np.sign(own) == np.sign(mean)))
            known = nearest_band(position, _NEAR)
            bands.append(
                SalientBand(
                    float(position),
                    known.name if known else _UNKNOWN,
                    known.source if known else None,
                    one.name,
                    float(mean),
                    agreed and bool(abs(mean) > one.spread[at]),
                )
            )
    return tuple(bands)


def _maxima(attribution: FloatArray) -> Iterator[int]:
    """Yield where the absolute attribution is above both neighbours; the ends have only one."""
    height = np.pad(np.abs(attribution), 1, constant_values=-1.0)
    inner = height[1:-1]
    yield from np.flatnonzero((inner > height[:-2]) & (inner >= height[2:]) & (inner > 0)).tolist()


def _band_json(band: SalientBand) -> dict[str, object]:
    stored = asdict(band)
    stored["class"] = stored.pop("class_name")
    return {**stored, "position": _short(band.position), "attribution": _short(band.attribution)}


def _listed(values: FloatArray) -> list[float]:
    return [_short(value) for value in values.tolist()]


def _short(value: float) -> float:
    return float(f"{value:.6g}")
