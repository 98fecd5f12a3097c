"""The names that users type, and the models they stand for."""

import subprocess
import sys

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.spectra.estimators.classical import classical_models
from spectra_dl.spectra.estimators.model_names import CLASS_MODELS, NUMBER_MODELS, ChosenModels
from spectra_dl.spectra.estimators.outcomes.regressions import outcome_models
from spectra_dl.spectra.networks import NETWORK_NAMES
from spectra_dl.spectra.preprocessing.pipeline import Preprocessing


@pytest.mark.parametrize(
    ("names", "models"), [(CLASS_MODELS, classical_models), (NUMBER_MODELS, outcome_models)]
)
def test_every_model_there_is_has_a_name(names, models):
    titles = set(models(np.arange(2.0), Preprocessing.default()))
    assert titles == {*names.classical.values(), names.control}
    assert set(NETWORK_NAMES) <= set(names.networks)


def test_networks_keep_their_order_and_the_control_is_last():
    chosen = CLASS_MODELS.chosen(["svm", "resnet", "logistic", "compact", "svm"])
    assert chosen == ChosenModels(("resnet", "compact"), ("SVM", "logistic regression", "majority class"))
    assert NUMBER_MODELS.chosen(["pls"]) == ChosenModels((), ("PLS regression", "mean"))


def test_nothing_named_is_the_default_network_and_every_classical_model():
    assert CLASS_MODELS.chosen(None) == ChosenModels(("auto",), None)


@pytest.mark.parametrize("names", [["svm", "logit"], ["svm", ""], [], ["majority class"]])
def test_what_is_no_models_name_is_refused_with_those_there_are(names):
    with pytest.raises(
        UsageError, match=r"no model of classes is called .*; choose from auto, compact, .*, svm, "
    ):
        CLASS_MODELS.chosen(names)


def test_a_network_nobody_knows_has_no_title():
    assert CLASS_MODELS.network_title("lenet5") == "CNN lenet5"
    with pytest.raises(UsageError, match="no network is called 'vgg'; choose one of auto, compact, "):
        CLASS_MODELS.network_title("vgg")


def test_names_are_said_without_what_the_models_need():
    code = (
        "import sys, spectra_dl.spectra.estimators.model_names;"
        "sys.exit(bool({'torch', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
