"""The description of a model of expression is whole, and its numbers fit each other."""

import json

import pytest
from pydantic import ValidationError

from spectra_dl.models.header import ExpressionHeader


def description(**changes):
    """A complete description as JSON-ready values: one encoder of tiles at two sizes, and given features."""
    return {
        "format_version": 1,
        "modality": "expression",
        "intended_use": "tests",
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
            "source": "a study",
            "sections": {"s": "p"},
            "spots": 81,
            "tissue_colours": {"s": [1.0, 2.0]},
            "left_out": "patient",
            "seed": 0,
            "notes": [],
        },
        "audit": [],
        "scores": [],
        "scores_from": "sections left out",
        "weights_sha256": "0" * 64,
        "versions": {},
        **changes,
    }


def header(**changes) -> ExpressionHeader:
    return ExpressionHeader.model_validate_json(json.dumps(description(**changes)))


def test_given_features_count_once_and_tiles_at_each_size():
    assert header().head.n_features == 2 * 47 + 6


def test_a_negative_binomial_head_has_two_outputs_for_each_gene():
    head = {**description()["head"], "trained_by": "negative-binomial"}
    with pytest.raises(ValidationError, match="genes do not match"):
        header(head=head)
    assert header(head={**head, "n_outputs": 4}).head.n_outputs == 4


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
        header(**changes)
