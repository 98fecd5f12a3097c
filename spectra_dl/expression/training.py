"""Train a model of expression on all sections, with the scores of left-out tissue in its description."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.base import clone

from spectra_dl.evaluation.profiles.results import ProfileEvaluation, ProfileResult
from spectra_dl.evaluation.report.profiles_json import per_target
from spectra_dl.evaluation.report.profiles_text import below_controls
from spectra_dl.expression.cohort import ExpressionCohort, PanelTargets
from spectra_dl.expression.estimators.closed_form import PlsExpression
from spectra_dl.expression.estimators.head_registry import LINEAR, build_head
from spectra_dl.expression.estimators.network import NetworkExpression
from spectra_dl.expression.estimators.ridge import LinearMap
from spectra_dl.expression.expected_accuracy import calibrated_pearson
from spectra_dl.expression.input_part import (
    ExpressionHead,
    ExpressionInput,
    GeneScore,
    TrainingSections,
)
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.imaging.features.description import described_encoders
from spectra_dl.imaging.features.recipe import FeatureRecipe
from spectra_dl.models.describing import (
    all_shortened,
    described_finding,
    described_score,
    shortened,
    versions,
)
from spectra_dl.models.file import weights_sha256
from spectra_dl.models.header import RESEARCH_USE, ModelHeader, Score, Training
from spectra_dl.models.members import member_tensors

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.expression.estimators.registry import Model

_USABLE_ABOVE = 0.2


@dataclass(frozen=True, eq=False)
class TrainingRequest:
    """What is trained, on what.

    Attributes
    ----------
    model
        Unfitted.
    cohort, targets, recipe
        The sections, which genes are predicted, and which tiles are shown.
    source
        What the sections are, in a few words; never a path.
    seed
        Of it all.
    """

    model: "Model"
    cohort: ExpressionCohort
    targets: PanelTargets
    recipe: FeatureRecipe
    source: str
    seed: int


def train_predictor(request: TrainingRequest, evaluation: ProfileEvaluation) -> ExpressionPredictor:
    """Train on every section; the scores in the description are those of the evaluation's left-out sections.

    Parameters
    ----------
    request
        What is trained, on what.
    evaluation
        Of the same model on the same cohort.
    """
    spots = request.cohort.spots
    everywhere = np.arange(len(spots))
    chosen = request.targets.fit(everywhere)
    model = clone(request.model).fit(spots, chosen.values(everywhere), spots.section)
    networks, head = _head(model, spots.features.shape[1], len(chosen.names))
    header = ModelHeader[ExpressionInput](
        intended_use=RESEARCH_USE,
        training=Training(
            source=shortened(request.source),
            simulated=None,
            seed=request.seed,
            notes=all_shortened(request.cohort.notes),
        ),
        classification=None,
        audit=[
            described_finding(finding.name, finding.severity, finding.sentence)
            for finding in evaluation.audit.findings
        ],
        scores=_scores(evaluation.first),
        scores_from=_scores_from(evaluation),
        weights_sha256=weights_sha256(member_tensors(networks)),
        versions=versions(),
        input=_input_part(request, evaluation, head, list(zip(chosen.names, chosen.symbols, strict=True))),
    )
    return ExpressionPredictor(header, networks)


def _input_part(
    request: TrainingRequest,
    evaluation: ProfileEvaluation,
    head: ExpressionHead,
    genes: Sequence[tuple[str, str]],
) -> ExpressionInput:
    spots = request.cohort.spots
    row_of = {str(row["name"]): row for row in per_target(evaluation.first)}
    expected = calibrated_pearson(evaluation)
    return ExpressionInput(
        encoders=described_encoders(request.recipe.encoders, spots.blocks),
        tile_sizes_um=list(request.recipe.sizes_um),
        head=head,
        genes=[_gene(name, symbol, row_of.get(name)) for name, symbol in genes],
        expected=[_as_correlation(expected.get(name)) for name, _ in genes],
        training=TrainingSections(
            sections=dict(evaluation.section_of),
            spots=len(spots),
            tissue_colours={name: list(colour) for name, colour in request.cohort.tissue_colour.items()},
            left_out=evaluation.settings.group,
        ),
    )


def _scores_from(evaluation: ProfileEvaluation) -> str:
    group = evaluation.settings.group
    heading = f"Scores on left-out {group}s, each by a model that never saw it (95 % interval over {group}s):"
    below = below_controls(evaluation)
    return f"{shortened(below)}\n{heading}" if below else heading


def _scores(result: ProfileResult) -> list[Score]:
    figures = {
        "mean correlation over genes": result.pearson,
        "share of the noise ceiling": result.share_of_ceiling,
        "R2": result.explained,
    }
    return [described_score(name, figure.value, figure.low, figure.high) for name, figure in figures.items()]


def _head(model: "Model", n_features: int, n_genes: int) -> "tuple[tuple[nn.Module, ...], ExpressionHead]":
    shown: Literal[1, 3] = 3 if model.surroundings else 1
    if isinstance(model, NetworkExpression):
        networks = model.networks_
        name, trained_by = model.head, model.loss
    else:
        networks = (_as_network(model.map_, shown, n_features),)
        name, trained_by = LINEAR, "pls" if isinstance(model, PlsExpression) else "ridge"
    outputs = n_genes * (2 if trained_by == "negative-binomial" else 1)
    described = {"name": name, "trained_by": trained_by, "shown": shown, "n_features": n_features}
    return networks, ExpressionHead.model_validate(
        {**described, "n_outputs": outputs, "members": len(networks)}
    )


def _as_network(linear: LinearMap, shown: int, n_features: int) -> "nn.Module":
    """Return a linear map in closed form as the linear head that computes the same."""
    import torch

    network = build_head(LINEAR, n_regions=shown, n_features=n_features, n_outputs=len(linear.bias)).double()
    weights = {
        "out.weight": torch.from_numpy(linear.weight.T.copy()),
        "out.bias": torch.from_numpy(linear.bias),
    }
    network.load_state_dict(weights, strict=True)
    return network.eval()


def _gene(name: str, symbol: str, row: dict[str, object] | None) -> GeneScore:
    pearson, ceiling = (row["pearson"], row["ceiling"]) if row else (None, None)
    usable = isinstance(pearson, float) and pearson >= _USABLE_ABOVE
    symbol_beside = {"symbol": symbol} if symbol and symbol != name else {}
    return GeneScore.model_validate(
        {"name": name, "pearson": pearson, "ceiling": ceiling, "usable": usable, **symbol_beside}
    )


def _as_correlation(value: float | None) -> float | None:
    return None if value is None else max(-1.0, min(1.0, round(value, 6)))
