"""The leaky estimate of HEST's protocol against a transcription with scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from spectra_dl.evaluation.folds.splits import Fold
from spectra_dl.expression.cohort import expression_cohort
from spectra_dl.expression.hest_comparison import HEST_GENES, hest_comparison
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.recipe import FeatureRecipe


def test_it_is_what_scikit_learn_gives():
    drawn = simulate_tissue(TissueSettings(patients=3, spots_per_side=9, genes=70, seed=3))
    cohort = expression_cohort([simulated.section for simulated in drawn], FeatureRecipe(sizes_um=(112.0,)))
    patient = cohort.spots.patient
    folds = [
        Fold(0, number, np.flatnonzero(patient != name), np.flatnonzero(patient == name))
        for number, name in enumerate(sorted(set(patient)))
    ]
    logged = np.log1p(cohort.counts.toarray())
    values = logged[:, np.argsort(-logged.var(axis=0), kind="stable")[:HEST_GENES]]
    features, scores = cohort.spots.features.astype(np.float64), []
    for fold in folds:
        scaler = StandardScaler().fit(features[fold.train])
        train, test = scaler.transform(features[fold.train]), scaler.transform(features[fold.test])
        # There are fewer features than the 256 components HEST keeps.
        reduced = PCA(n_components=train.shape[1], svd_solver="full").fit(train)
        penalty = 100 / (train.shape[1] * HEST_GENES)
        model = Ridge(alpha=penalty, fit_intercept=False, solver="svd")
        model.fit(reduced.transform(train), values[fold.train])
        predicted = model.predict(reduced.transform(test))
        scores.append(
            [stats.pearsonr(predicted[:, at], values[fold.test, at]).statistic for at in range(HEST_GENES)]
        )
    assert hest_comparison(cohort, folds) == pytest.approx(np.mean(scores), abs=1e-6)
