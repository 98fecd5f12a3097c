"""The encoder is fine-tuned on pixels by patient, beside models that look at features of the same rows."""

from collections import Counter

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.classes.results import EvaluationSettings
from spectra_dl.imaging.fine_tuning.rows import PixelRows
from spectra_dl.tissue.encoding import image_pixels
from spectra_dl.tissue.estimators.fine_tuned import FineTunedClassifier
from spectra_dl.tissue.study.evaluate import evaluate_study
from spectra_dl.tissue.study.settings import TissueStudySettings
from spectra_dl.training.settings import TrainingSettings

SHORT = TrainingSettings(epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def few(of_patients):
    """One image of each of twelve patients."""
    return of_patients[np.arange(0, len(of_patients), 3)]


def rows_of(images):
    return PixelRows(np.zeros((len(images), 2), np.float32), image_pixels(images))


def test_the_same_seed_gives_the_same_probabilities(few):
    two_each = few[np.concatenate([np.flatnonzero(few.label == name)[:2] for name in sorted(set(few.label))])]
    rows = rows_of(two_each)
    fitted = [
        FineTunedClassifier(2, training=SHORT, seed=1).fit(rows, two_each.label, two_each.patient)
        for _ in range(2)
    ]
    first, again = (model.predict_proba(rows[np.arange(4)]) for model in fitted)
    np.testing.assert_array_equal(first, again)
    assert first.shape == (4, 3)
    assert fitted[0].out_of_fold_logits_.shape == (6, 3)


def test_pixels_are_those_of_whole_images(of_patients):
    pixels = image_pixels(of_patients)
    assert pixels.shape == (36, 3 * 128**2)
    shown = pixels[0].reshape(128, 128, 3).mean((0, 1))
    np.testing.assert_allclose(shown, next(of_patients.pixels()).mean((0, 1)), atol=3)


def test_it_is_evaluated_beside_a_model_of_features(few):
    brief = EvaluationSettings(resamples=100, refits=39, leaky=False)
    settings = TissueStudySettings(
        models=("fine-tuned", "logistic"), members=2, training=SHORT, folds=2, evaluation=brief
    )
    evaluated = evaluate_study(few, settings)
    assert list(evaluated.evaluation.models) == [
        "fine-tuned EfficientNet-Lite0",
        "logistic regression",
        "majority class",
    ]
    assert (
        "trained on the images themselves"
        in evaluated.evaluation.models["fine-tuned EfficientNet-Lite0"].words
    )
    drawn = evaluated.report["results"]["overlays"]
    assert drawn["of"] == len(few)
    assert 0 < len(drawn["rows"]) <= 12
    truth = dict(zip(few.name, few.label, strict=True))
    assert all(row["truth"] == truth[row["name"]] for row in drawn["rows"])
    wrong = Counter((row["called"], row["called"] != row["truth"]) for row in drawn["rows"])
    assert max(wrong.values()) <= 2
    assert drawn["rows"][0]["plain"] != drawn["rows"][0]["overlaid"]


def test_what_it_can_not_be_is_refused(of_patients):
    with pytest.raises(UsageError, match="with --folds-from"):
        evaluate_study(of_patients, TissueStudySettings(models=("fine-tuned", "attention")))
    with pytest.raises(UsageError, match="takes PixelRows"):
        FineTunedClassifier().fit(np.zeros((3, 4)), ["a", "b", "a"], ["p", "q", "r"])
