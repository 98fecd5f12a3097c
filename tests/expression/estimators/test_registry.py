"""Heads and models by name: every name builds what it says, and none needs torch to be read."""

import subprocess
import sys

import pytest

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.closed_form import PlsExpression, RidgeExpression
from spectra_dl.expression.estimators.fine_tuned import FineTunedExpression
from spectra_dl.expression.estimators.head_registry import HEADS
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.estimators.registry import MODEL_NAMES, REGRESSIONS, build_model


def test_every_head_and_regression_is_a_model_once():
    assert sorted(MODEL_NAMES) == sorted([*HEADS, *REGRESSIONS])


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_model_is_built_by_its_name_with_the_loss_and_seed_asked_for(name):
    model = build_model(name, loss="poisson", seed=3)
    kind = {"ridge": RidgeExpression, "pls": PlsExpression, "fine-tuned": FineTunedExpression}
    assert type(model) is kind.get(name, NetworkExpression)
    if isinstance(model, NetworkExpression):
        assert (model.head, model.loss, model.seed) == (name, "poisson", 3)


def test_an_unknown_model_is_refused_with_those_that_are_known():
    with pytest.raises(UsageError, match="choose context, mlp, linear, fine-tuned, ridge, pls"):
        build_model("quadratic")


@pytest.mark.parametrize(
    "module",
    [
        "spectra_dl.expression.estimators.registry",
        "spectra_dl.spectra.networks",
        "spectra_dl.imaging.encoders.registry",
        "spectra_dl.loading",
    ],
)
def test_names_are_read_without_anything_heavy(module):
    code = (
        f"import sys, {module}; sys.exit(bool({{'torch', 'sklearn', 'scipy', 'pandas'}} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
