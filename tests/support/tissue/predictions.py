"""Predictions of a simulated section in a frame of its own, as they are written."""

from dataclasses import replace

import numpy as np

from spectra_dl.arrays import text_array
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.input_part import (
    ExpressionHead,
    ExpressionInput,
    GeneScore,
    TrainingSections,
)
from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section import OFF_TISSUE, ArrayPlaces, TissueSection
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.imaging.features.description import EncoderDescription
from spectra_dl.models.header import ModelHeader, Training

GENES = ("GENE1", "HLA/A", "GENE3")
SCORES = (0.6, None, -0.1)
SAID = {"model_sha256": "0" * 64, "values": "log(1 + counts per 10,000)"}
# The full-resolution image has four times as many pixels along a side as the one at hand.
FULL = 4.0


def example_section() -> TissueSection:
    """Return a simulated section whose files state places in a larger frame; its last spot is off tissue, the one before has no place."""
    whole = simulate_tissue(TissueSettings(1, 1, 6, 16, seed=1))[0].section
    position, reason = whole.position_um.copy(), whole.reason.copy()
    position[-2], reason[-2], reason[-1] = np.nan, "no position", OFF_TISSUE
    under = np.ones(len(whole), dtype=bool)
    under[-1] = False
    return replace(
        whole,
        position_um=position,
        reason=reason,
        full_um_per_pixel=whole.um_per_pixel / FULL,
        array=ArrayPlaces(under, np.arange(len(whole)), 2 * np.arange(len(whole))),
        library_id="V1/slide",
    )


def example_genes(names=GENES, scores=SCORES, symbols=None) -> list[GeneScore]:
    """Return genes of a model with these expected correlations."""
    return [
        GeneScore(
            name=name,
            pearson=score,
            ceiling=None if score is None else 0.8,
            usable=(score or 0) >= 0.2,
            symbol=symbol,
        )
        for name, score, symbol in zip(names, scores, symbols or [None] * len(names), strict=True)
    ]


def example_prediction(section=None, genes=None, *, seed=0) -> SectionPrediction:
    """Return values drawn at random, none where the section's spots can't be placed; the second spot is flagged."""
    section = section or example_section()
    genes = genes or example_genes()
    values = np.random.default_rng(seed).uniform(0, 5, (len(section), len(genes)))
    values[~section.placed] = np.nan
    flags = text_array(["", "glass under the spot", *[""] * (len(section) - 2)])
    expected = np.array([np.nan if gene.pearson is None else gene.pearson for gene in genes])
    return SectionPrediction(section, values, flags, tuple(genes), SAID, expected)


def example_predictor(genes=None) -> ExpressionPredictor:
    """Return a model of some genes."""
    genes = genes or example_genes()
    sizes = {"n_features": 47, "n_outputs": len(genes)}
    part = ExpressionInput(
        encoders=[EncoderDescription(name="colour-texture", width=47, calibration=[])],
        tile_sizes_um=[112.0],
        head=ExpressionHead(name="linear", trained_by="ridge", shown=1, members=1, **sizes),
        genes=genes,
        training=TrainingSections(
            sections={"A": "a"}, spots=10, tissue_colours={"A": [1.0, 2.0, 3.0]}, left_out="patient"
        ),
    )
    header = ModelHeader[ExpressionInput](
        intended_use="Research use only, not for diagnosis",
        training=Training(source="made", simulated=None, seed=0, notes=[]),
        classification=None,
        audit=[],
        scores=[],
        scores_from="simulated",
        weights_sha256="0" * 64,
        versions={},
        input=part,
    )
    return ExpressionPredictor(header, (build_head("linear", n_regions=1, **sizes),))
