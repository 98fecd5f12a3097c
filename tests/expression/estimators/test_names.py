"""The names the command line offers are those of the registries."""

import pytest

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.heads import HEADS
from spectra_dl.expression.estimators.names import HEAD_NAMES, MODEL_NAMES
from spectra_dl.expression.training import build_model


def test_every_head_is_named_once_in_the_registrys_order():
    assert tuple(HEADS) == HEAD_NAMES


def test_every_model_can_be_built_and_a_refusal_lists_just_these():
    for name in MODEL_NAMES:
        build_model(name)
    with pytest.raises(UsageError, match=f"choose {', '.join(MODEL_NAMES)}$"):
        build_model("other")
