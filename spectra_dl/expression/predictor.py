"""A trained model of expression: from a section's image to a map of genes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import ModelFileError, UsageError
from spectra_dl.expression.cohort import spots_of
from spectra_dl.expression.estimators.context import head_inputs
from spectra_dl.expression.estimators.network import as_expression
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.encoders.reference_tile import same_features
from spectra_dl.imaging.encoders.registry import TIMM
from spectra_dl.imaging.features.precomputed import PRECOMPUTED
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder, SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.file import load_model, save_model
from spectra_dl.models.members import (
    member_tensors,
    network_output,
    rebuilding,
    refuse_unused,
    restore_member,
)

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.models.header import ExpressionHeader, ModelHeader


@dataclass(frozen=True, eq=False)
class ExpressionPredictor:
    """Heads with everything needed to predict a section nobody has counted.

    Attributes
    ----------
    header
        The model file's description.
    networks
        The members, in evaluation mode.
    sha256
        The digest that seals the model file; empty before it is saved.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> from spectra_dl.evaluation.profiles.results import ProfileSettings
    >>> from spectra_dl.expression.cohort import PanelTargets, expression_cohort
    >>> from spectra_dl.expression.estimators.closed_form import RidgeExpression
    >>> from spectra_dl.expression.genes import PanelSettings
    >>> from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
    >>> from spectra_dl.imaging.features.recipe import FeatureRecipe
    >>> from spectra_dl.expression.training import TrainingRequest, train_predictor
    >>> simulated = simulate_tissue(TissueSettings(patients=3, spots_per_side=5, genes=8))
    >>> *training, left_out = [each.section for each in simulated]
    >>> recipe = FeatureRecipe(sizes_um=(112.0,))
    >>> cohort = expression_cohort(training, recipe)
    >>> targets, spots = PanelTargets(cohort, PanelSettings(4)), cohort.spots
    >>> settings = ProfileSettings(resamples=100, shuffles=0, leaky=False)
    >>> scores = sdl.evaluate_profiles({"ridge": RidgeExpression()}, spots, targets, spots.section, spots.patient, settings)
    >>> request = TrainingRequest(RidgeExpression(), cohort, targets, recipe, "simulated tissue", 0)
    >>> predictor = train_predictor(request, scores)
    >>> predictor.predict(left_out).shape == (len(left_out), 4)
    True
    """

    header: "ExpressionHeader"
    networks: tuple["nn.Module", ...]
    sha256: str = ""

    def recipe(self, named: Sequence[str] = ()) -> FeatureRecipe:
        """Return the encoders and tiles the model is shown.

        Parameters
        ----------
        named
            Encoders that a model file alone may not call for: ``"features:PATH"``, and the very ``"timm:MODEL"`` it was
            trained with, which may be fetched from a hub.

        Raises
        ------
        UsageError
            One of those is needed and not named, or another one is named.
        """
        found = []
        for one in self.header.encoders:
            given = [
                name for name in named if name == one.name or one.name == name.split(":")[0] == PRECOMPUTED
            ]
            if not given and one.name.startswith((PRECOMPUTED, TIMM)):
                told = "features:PATH" if one.name == PRECOMPUTED else one.name
                raise UsageError(
                    f"the model was trained with the encoder {one.name}; name it with --encoder {told}"
                )
            found.append(given[0] if given else one.name)
        if extra := [name for name in named if name not in found]:
            raise UsageError(
                f"the model was not trained with the encoder {extra[0]:.80}, but with {', '.join(one.name for one in self.header.encoders)}"
            )
        return FeatureRecipe(tuple(found), tuple(self.header.tile_sizes_um))

    @property
    def best_first(self) -> list[int]:
        """The genes' numbers, the one predicted best on left-out tissue first."""
        genes = self.header.genes

        def rank(at: int) -> tuple[bool, float, str]:
            known = genes[at].pearson
            return known is None, -(known or 0.0), genes[at].name

        return sorted(range(len(genes)), key=rank)

    def predict(
        self, section: TissueSection, *, encoders: Sequence[str] = (), store: FeatureStore | None = None
    ) -> FloatArray:
        """Return ``(n, g)`` log(1 + counts per 10,000) of the model's genes; NaN for spots without a place or features.

        Parameters
        ----------
        encoders
            See `recipe`.
        store
            Where features are looked up and kept.

        Raises
        ------
        DataError
            The image can't be decoded, or too few spots lie on it.
        UsageError
            An encoder must be named.
        ModelFileError
            An encoder gives other numbers than the one the model was trained with.
        """
        placed = np.flatnonzero(section.placed)
        found = SectionEncoder(self.recipe(encoders), store).features(section.select(placed))
        self._check_encoders(found)
        known = np.isfinite(found.values).all(axis=1)
        rows = placed[known]
        spots = spots_of(section.select(rows), SectionFeatures(found.values[known], found.blocks))
        shown = head_inputs(self.header.head.name, spots, surroundings=self.header.head.shown > 1)
        trained_by = self.header.head.trained_by
        told = [as_expression(network_output(network, shown), trained_by) for network in self.networks]
        values = np.full((len(section), len(self.header.genes)), np.nan)
        values[rows] = np.mean(told, axis=0)
        return values

    def _check_encoders(self, found: SectionFeatures) -> None:
        block_of = {block.encoder: block for block in found.blocks}
        for one in self.header.encoders:
            block = block_of[one.name]
            # Files made elsewhere need not say what their encoder makes of the calibration tile.
            known = bool(one.calibration and block.reference_features)
            if block.width != one.width or (
                known and not same_features(block.reference_features, one.calibration)
            ):
                raise ModelFileError(
                    f"the encoder {one.name} gives other features here than the model was trained with; use the same "
                    "encoder and version, or train it again"
                )

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the model file, whole or not at all, and return the SHA-256 that seals it."""
        return save_model(path, self.header, member_tensors(self.networks))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ExpressionPredictor":
        """Load a model file.

        Raises
        ------
        UnsafeError
            The file is of a kind that can run code; nothing was executed.
        ModelFileError
            The file is damaged, altered, or not a model of expression.
        """
        return cls.rebuilt(path, *load_model(path))

    @classmethod
    def rebuilt(
        cls,
        path: str | os.PathLike[str],
        header: "ModelHeader | ExpressionHeader",
        tensors: dict[str, np.ndarray],
        sha256: str,
    ) -> "ExpressionPredictor":
        """Build the model from what `load_model` read; ``path`` is for messages.

        Raises
        ------
        ModelFileError
            It is not a model of expression, or its tensors don't fit.
        """
        if header.modality != "expression":
            raise ModelFileError(
                f"{path}: a model of {header.modality}, not of expression; name another model"
            )
        with rebuilding(path):
            networks = tuple(_rebuild(header, tensors, member) for member in range(header.head.members))
        refuse_unused(path, tensors, member_tensors(networks))
        return cls(header, networks, sha256)


def _rebuild(header: "ExpressionHeader", tensors: dict[str, np.ndarray], member: int) -> "nn.Module":
    from spectra_dl.expression.estimators.heads import build_head

    head = header.head
    return restore_member(
        lambda: build_head(
            head.name, n_regions=head.shown, n_features=head.n_features, n_outputs=head.n_outputs
        ),
        tensors,
        member,
    )
