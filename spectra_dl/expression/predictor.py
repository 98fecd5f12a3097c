"""A trained model of expression: from a section's image to a map of genes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.expression.cohort import pitch_between
from spectra_dl.expression.estimators.head_registry import FINE_TUNED, build_head
from spectra_dl.expression.estimators.network import mean_expression
from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.streamed_inputs import SpooledFeatures, spooled, streamed_design
from spectra_dl.imaging.features.recipe import FeatureRecipe, FeatureStream, SectionEncoder
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.imaging.features.trained_encoders import encoders_to_build, refuse_changed_encoders
from spectra_dl.models.members import restore_member
from spectra_dl.models.predictor import Predictor

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.expression.input_part import ExpressionInput
    from spectra_dl.models.header import ModelHeader


_SPOTS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class ExpressionPredictor(Predictor["ExpressionInput"]):
    """Heads with everything needed to predict a section nobody has counted; see `spectra_dl.models.predictor.Predictor`.

    Examples
    --------
    >>> import spectra_dl as sdl
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
    >>> rows = sdl.SectionRows(spots, spots.section, spots.patient)
    >>> settings = sdl.ProfileSettings(resamples=100, shuffles=0, leaky=False)
    >>> scores = sdl.evaluate_profiles({"ridge": RidgeExpression()}, rows, targets, settings)
    >>> request = TrainingRequest(RidgeExpression(), cohort, targets, recipe, "simulated tissue", 0)
    >>> predictor = train_predictor(request, scores)
    >>> predictor.predict(left_out).shape == (len(left_out), 4)
    True
    """

    @classmethod
    def input_part(cls) -> "type[ExpressionInput]":
        """Return the class of the header's input part."""
        from spectra_dl.expression.input_part import ExpressionInput

        return ExpressionInput

    @classmethod
    def from_tensors(
        cls, header: "ModelHeader[ExpressionInput]", tensors: Mapping[str, np.ndarray], *, sha256: str = ""
    ) -> Self:
        """Build the model around the tensors of its file; see `spectra_dl.models.predictor.Predictor`.

        Parameters
        ----------
        header
            The description.
        tensors
            Every array of the file by name.
        sha256
            The digest that seals the file.
        """
        head = header.input.head

        def build() -> "nn.Module":
            sizes = {"n_regions": head.shown, "n_features": head.n_features, "n_outputs": head.n_outputs}
            return build_head(head.name, **sizes)

        networks = tuple(restore_member(build, tensors, member) for member in range(head.members))
        return cls(header, networks, sha256=sha256)

    def recipe(self, named: Sequence[str] = ()) -> FeatureRecipe:
        """Return the encoders and tiles the model takes.

        Parameters
        ----------
        named
            Encoders that a model file alone may not call for: ``"features:PATH"``, the very ``"timm:MODEL"`` it was
            trained with, which may be fetched from a hub, and ``"file:WEIGHTS"`` with the very weights.

        Raises
        ------
        UsageError
            One of those is needed and not named, or another one is named.
        DataError
            A file of weights can't be used.
        """
        chosen = encoders_to_build(self.header.input.encoders, named)
        return FeatureRecipe(chosen, tuple(self.header.input.tile_sizes_um))

    @property
    def best_first(self) -> list[int]:
        """The genes' numbers, the one predicted best on left-out tissue first."""
        genes = self.header.input.genes

        def rank(at: int) -> tuple[bool, float, str]:
            pearson = genes[at].pearson
            return pearson is None, -(pearson or 0.0), genes[at].name

        return sorted(range(len(genes)), key=rank)

    def predict(
        self, section: TissueSection, *, encoders: Sequence[str] = (), store: FeatureStore | None = None
    ) -> FloatArray:
        """Return ``(n, g)`` log(1 + counts per 10,000) of the model's genes; NaN for spots without a place or features.

        Parameters
        ----------
        section
            ``(n,)`` spots and their image; counts are not needed.
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
        chosen = section.select(placed)
        pitch_between(chosen)  # refuses too few spots before anything is computed
        streams = SectionEncoder(self.recipe(encoders), store).streams(chosen)
        refuse_changed_encoders(self.header.input.encoders, [stream.block for stream in streams])
        values = np.full((len(section), len(self.header.input.genes)), np.nan)
        if self.header.input.head.name == FINE_TUNED:
            values[placed] = self._of_tiles(streams[0])
            return values
        with spooled(streams, len(placed)) as features:
            rows = placed[features.known]
            values[rows] = self._of_features(features, section.select(rows))
        return values

    def _of_tiles(self, stream: FeatureStream) -> FloatArray:
        """Return the expression of tiles, of which a few at a time are in memory."""
        trained_by = self.header.input.head.trained_by
        parts = [mean_expression(self.networks, part[:, None], trained_by) for part in stream.rows()]
        return np.concatenate(parts)

    def _of_features(self, features: SpooledFeatures, section: TissueSection) -> FloatArray:
        """Return the expression of spots, all of which have features, a few spots at a time."""
        head, n = self.header.input.head, len(section)
        pitch = np.full(n, pitch_between(section))
        parts = []
        with streamed_design(features, section.position_um, pitch, surroundings=head.shown > 1) as inputs:
            for first in range(0, n, _SPOTS_AT_ONCE):
                block = inputs.rows(first, min(first + _SPOTS_AT_ONCE, n))
                parts.append(mean_expression(self.networks, block, head.trained_by))
        return np.concatenate(parts)
