"""The input part of a model of expression is whole, and its numbers fit each other."""

import json

import pytest
from pydantic import ValidationError

from example_models import model_description
from spectra_dl.expression.estimators.head_registry import HEADS
from spectra_dl.expression.input_part import ExpressionInput
from spectra_dl.models.header import Classification


def description(**changes):
    """A complete description as JSON-ready values: one encoder of tiles at two sizes, and given features."""
    return {
        "kind": "expression",
        "version": 1,
        "encoders": [
            {"name": "colour-texture", "width": 47, "calibration": [0.5]},
            {"name": "features", "width": 6, "calibration": []},
        ],
        "tile_sizes_um": [55.0, 112.0],
        "head": {
            "name": "linear",
            "trained_by": "ridge",
            "shown": 1,
            "n_features": 100,
            "n_outputs": 2,
            "members": 1,
        },
        "genes": [
            {"name": "A", "pearson": 0.5, "ceiling": None, "usable": True},
            {"name": "B", "pearson": None, "ceiling": 0.2, "usable": False},
        ],
        "training": {
            "sections": {"s": "p"},
            "spots": 81,
            "tissue_colours": {"s": [1.0, 2.0]},
            "left_out": "patient",
        },
        **changes,
    }


def part(**changes) -> ExpressionInput:
    return ExpressionInput.model_validate_json(json.dumps(description(**changes)))


def test_given_features_count_once_and_tiles_at_each_size():
    assert part().head.n_features == 2 * 47 + 6


def test_a_negative_binomial_head_has_two_outputs_for_each_gene():
    head = {**description()["head"], "trained_by": "negative-binomial"}
    with pytest.raises(ValidationError, match="genes do not match"):
        part(head=head)
    assert part(head={**head, "n_outputs": 4}).head.n_outputs == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tile_sizes_um": [55.0]}, "the encoders do not match the head's inputs"),
        ({"genes": [description()["genes"][0]]}, "the genes do not match the head's outputs"),
        ({"genes": [description()["genes"][0]] * 2}, "the genes do not match the head's outputs"),
    ],
)
def test_numbers_that_do_not_fit_each_other_are_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        part(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head": {**description()["head"], "name": "os.system"}}, "no head is called 'os.system'"),
        ({"head": {**description()["head"], "trained_by": "luck"}}, "no loss or regression is called 'luck'"),
        ({"encoders": [{"name": "http://x", "width": 50, "calibration": []}]}, "no encoder is called"),
    ],
)
def test_names_that_stand_in_no_registry_are_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        part(**changes)


@pytest.mark.parametrize("name", [*HEADS])
def test_every_head_of_the_registry_may_stand_in_a_file(name):
    assert part(head={**description()["head"], "name": name}).head.name == name


def test_a_model_with_classes_is_none_of_expression():
    classification = Classification.model_validate(model_description({})["classification"])
    with pytest.raises(ValueError, match="has no classes"):
        part().check(classification)
