"""Linear models that become the default network's linear path, against scikit-learn's on the spectra themselves."""

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from spectra_dl.spectra.estimators.parts.linear import linear_solutions

POINTS = 50


def study(rows, classes, each=1):
    """Return spectra, classes and patients with some spectra each; a class is higher at its own point."""
    generator = np.random.default_rng(rows + classes)
    patient = np.arange(rows) // each
    target = patient % classes
    spectra = generator.normal(size=(rows, POINTS)) + 3.0
    spectra[np.arange(rows), 5 * target] += 1.5
    return spectra.astype(np.float32), target, np.array([f"p{number}" for number in patient])


def odds(logits):
    """Return logits as differences from the first class's."""
    return logits[:, 1:] - logits[:, :1]


def reference(decision):
    """Return scikit-learn's decision values as differences from the first class's."""
    return decision[:, None] if decision.ndim == 1 else odds(decision)


@pytest.mark.parametrize(("rows", "classes"), [(30, 2), (120, 2), (120, 3)])
def test_the_first_is_a_ridge_logistic_regression(rows, classes):
    spectra, target, patient = study(rows, classes)
    centred = spectra.astype(np.float64) - spectra.mean(axis=0, dtype=np.float64)
    expected = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-8, max_iter=10_000).fit(
        centred, target
    )
    found = linear_solutions(spectra, target, patient).logits(spectra)[0]
    np.testing.assert_allclose(odds(found), reference(expected.decision_function(centred)), atol=5e-3)


@pytest.mark.parametrize(("rows", "classes"), [(30, 2), (120, 2), (120, 3)])
def test_the_second_is_discriminant_analysis_of_partial_least_squares(rows, classes):
    spectra, target, patient = study(rows, classes)
    membership = (target[:, None] == np.arange(classes)).astype(float)
    squares = PLSRegression(5, scale=False).fit(spectra.astype(np.float64), membership)
    scores = squares.transform(spectra.astype(np.float64))
    expected = LinearDiscriminantAnalysis().fit(scores, target).decision_function(scores)
    found = linear_solutions(spectra, target, patient).logits(spectra)[1]
    np.testing.assert_allclose(odds(found), reference(expected), rtol=1e-3, atol=1e-3)


def test_the_third_is_fitted_to_mean_spectra_where_patients_have_several():
    spectra, target, patient = study(120, 2, each=4)
    means, of_patient, names = spectra.reshape(30, 4, POINTS).mean(axis=1), target[::4], patient[::4]
    several = linear_solutions(spectra, target, patient)
    alone = linear_solutions(means, of_patient, names, means=False)
    assert len(several.names) == 3
    assert len(alone.names) == 2
    # Centred on the mean of other rows: the penalty leaves the intercept alone, so nothing changes.
    np.testing.assert_allclose(several.logits(spectra)[2], alone.logits(spectra)[0], atol=5e-3)


def test_spectra_that_are_all_alike_say_nothing():
    spectra = np.ones((20, POINTS), dtype=np.float32)
    target = np.arange(20) % 2
    found = linear_solutions(spectra, target, np.array([f"p{row}" for row in range(20)]))
    np.testing.assert_allclose(odds(found.logits(spectra)[0]), 0.0, atol=1e-6)


@pytest.mark.parametrize("rows", [30, 120])
def test_spectra_that_vary_in_few_ways_have_as_many_partial_least_squares(rows):
    _, target, patient = study(rows, 2)
    generator = np.random.default_rng(5)
    bands, heights = generator.normal(size=(3, POINTS)), generator.normal(size=(rows, 3))
    heights[:, 0] += target
    spectra = (heights @ bands).astype(np.float32)
    squares = PLSRegression(3, scale=False).fit(heights @ bands, target)
    scores = squares.transform(heights @ bands)
    expected = LinearDiscriminantAnalysis().fit(scores, target).decision_function(scores)
    found = linear_solutions(spectra, target, patient).logits(spectra)[1]
    np.testing.assert_allclose(odds(found), reference(expected), rtol=1e-3, atol=1e-3)
