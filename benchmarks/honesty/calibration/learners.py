"""Other models than logistic regression on noise, set against the same refits of the linear surrogate."""

from collections.abc import Mapping

import numpy as np
from normal_sets import divided, drawn, null_of
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from study import Cell, Columns, Found, Study, share

from spectra_dl.evaluation.classes.inference.chance import auc_and_chance
from spectra_dl.evaluation.classes.inference.within_folds import comparisons_of

LEARNERS = {
    "PLS": lambda: PLSRegression(2),
    "SVM": SVC,
    "MLP": lambda: MLPClassifier((16,), max_iter=100, random_state=0),
    "forest": lambda: RandomForestClassifier(50, random_state=0),
    "neighbours": lambda: KNeighborsClassifier(5),
}


def scores(name: str, features: np.ndarray, truth: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Fit a learner and return its scores of the tested rows."""
    centre, spread = features.mean(axis=0), features.std(axis=0)
    model = LEARNERS[name]().fit((features - centre) / spread, truth)
    rows = (tested - centre) / spread
    if name == "PLS":
        return np.asarray(model.predict(rows)).ravel()
    if name == "SVM":
        return np.asarray(model.decision_function(rows))
    return np.asarray(model.predict_proba(rows)[:, 1])


def one(cell: Cell, number: int) -> Found:
    """Evaluate every learner on one set of noise."""
    n, k = cell
    features, truth, _ = drawn(n, k, 0.0, (10, n, k, number))
    patients, folds, fold = divided(truth, 1, number)
    null, comparisons, found = (
        null_of(features, patients, fold, number),
        comparisons_of(fold, truth, 2, 1),
        {},
    )
    for name in LEARNERS:
        score = np.empty((1, n))
        for each in folds:
            score[0, each.test] = scores(name, features[each.train], truth[each.train], features[each.test])
        interval, chance = auc_and_chance(np.stack([-score, score], axis=-1), comparisons, null, truth)
        found |= {f"{name} AUC": interval.value, f"{name} better": float(chance.verdict == "better")}
    return {**found, "surrogate": float(null.auc.std())}


def summary(cell: Cell, found: Columns, cells: Mapping[Cell, Columns]) -> dict[str, float]:
    """Return how often each is called better than chance, and its spread as a multiple of the surrogate's."""
    spread = share(found["surrogate"])
    shares = {f"{name}: better": share(found[f"{name} better"]) for name in LEARNERS}
    return shares | {f"{name}: spread": float(found[f"{name} AUC"].std()) / spread for name in LEARNERS}


STUDY = Study(
    "learners",
    "Other models on noise: how often better, and their AUC's spread as a multiple of the surrogate's",
    ("patients", "features"),
    [(n, k) for n in (24, 40, 100) for k in (5, 100)],
    one,
    summary,
    sets=200,
)
