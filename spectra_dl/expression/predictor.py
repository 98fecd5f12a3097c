"""A trained model of expression: from a section's image to a map of genes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import ModelFileError, UsageError
from spectra_dl.expression.cohort import spots_of
from spectra_dl.expression.estimators.context import head_inputs
from spectra_dl.expression.estimators.head_registry import build_head
from spectra_dl.expression.estimators.network import mean_expression
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.encoders.reference_tile import same_features
from spectra_dl.imaging.encoders.registry import TIMM
from spectra_dl.imaging.features.precomputed import PRECOMPUTED
from spectra_dl.imaging.features.recipe import FeatureRecipe, SectionEncoder, SectionFeatures
from spectra_dl.imaging.features.store import FeatureStore
from spectra_dl.models.members import restore_member
from spectra_dl.models.predictor import Predictor

if TYPE_CHECKING:
    from torch import nn

    from spectra_dl.expression.input_part import ExpressionInput
    from spectra_dl.models.header import ModelHeader


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
            Encoders that a model file alone may not call for: ``"features:PATH"``, and the very ``"timm:MODEL"`` it was
            trained with, which may be fetched from a hub.

        Raises
        ------
        UsageError
            One of those is needed and not named, or another one is named.
        """
        encoders = self.header.input.encoders
        chosen = []
        for encoder in encoders:
            given = [
                name
                for name in named
                if name == encoder.name or encoder.name == name.split(":")[0] == PRECOMPUTED
            ]
            if not given and encoder.name.startswith((PRECOMPUTED, TIMM)):
                asked = "features:PATH" if encoder.name == PRECOMPUTED else encoder.name
                raise UsageError(
                    f"the model was trained with the encoder {encoder.name}; name it with --encoder {asked}"
                )
            chosen.append(given[0] if given else encoder.name)
        if extra := [name for name in named if name not in chosen]:
            raise UsageError(
                f"the model was not trained with the encoder {extra[0]:.80}, but with {', '.join(encoder.name for encoder in encoders)}"
            )
        return FeatureRecipe(tuple(chosen), tuple(self.header.input.tile_sizes_um))

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
        features = SectionEncoder(self.recipe(encoders), store).features(section.select(placed))
        self._check_encoders(features)
        known = np.isfinite(features.values).all(axis=1)
        rows = placed[known]
        spots = spots_of(section.select(rows), SectionFeatures(features.values[known], features.blocks))
        part = self.header.input
        inputs = head_inputs(part.head.name, spots, surroundings=part.head.shown > 1)
        values = np.full((len(section), len(part.genes)), np.nan)
        values[rows] = mean_expression(self.networks, inputs, part.head.trained_by)
        return values

    def _check_encoders(self, features: SectionFeatures) -> None:
        block_of = {block.encoder: block for block in features.blocks}
        for encoder in self.header.input.encoders:
            block = block_of[encoder.name]
            # Files of features from elsewhere need not hold what their encoder gives for the calibration tile.
            known = bool(encoder.calibration and block.reference_features)
            changed = known and not same_features(block.reference_features, encoder.calibration)
            if block.width != encoder.width or changed:
                raise ModelFileError(
                    f"the encoder {encoder.name} gives other features here than the model was trained with; use the same "
                    "encoder and version, or train it again"
                )
