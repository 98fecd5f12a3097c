"""A model file of any modality is loaded by its own classes, and nothing of the other is imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spectra_dl.errors import ModelFileError
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.loading import MODALITIES, load_model
from spectra_dl.spectra.predictor import SpectraPredictor

DATA = Path(__file__).with_name("data")
FILES = {kind: DATA / f"format_1_{kind}.safetensors" for kind in ("spectra", "expression")}


def test_every_modality_is_known_by_the_kind_of_its_part():
    assert {kind: modality.input_part().known_kind() for kind, modality in MODALITIES.items()} == {
        kind: kind for kind in MODALITIES
    }
    for modality in MODALITIES.values():
        assert modality.predictor().input_part() is modality.input_part()


def test_a_file_becomes_the_predictor_of_its_modality():
    assert type(load_model(FILES["spectra"])) is SpectraPredictor
    assert type(load_model(FILES["expression"])) is ExpressionPredictor


def test_a_predictor_refuses_a_file_of_another_modality_by_its_name():
    with pytest.raises(ModelFileError, match="a model of expression, not of spectra; name another model"):
        SpectraPredictor.load(FILES["expression"])
    with pytest.raises(ModelFileError, match="a model of spectra, not of expression; name another model"):
        ExpressionPredictor.load(FILES["spectra"])


@pytest.mark.parametrize(
    ("kind", "function", "absent"),
    [
        ("spectra", "read_header", {"torch", "sklearn", "scipy", "spectra_dl.expression"}),
        ("expression", "read_header", {"torch", "sklearn", "scipy", "spectra_dl.spectra"}),
        ("spectra", "load_model", {"sklearn", "spectra_dl.expression"}),
        ("expression", "load_model", {"spectra_dl.spectra"}),
    ],
)
def test_only_what_the_file_needs_is_imported(kind, function, absent):
    code = (
        f"import json, sys, spectra_dl.loading as loading; loading.{function}({str(FILES[kind])!r}); "
        f"print(json.dumps(sorted({absent!r} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
