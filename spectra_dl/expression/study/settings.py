"""What is trained on tissue sections and how it is evaluated."""

from dataclasses import dataclass

from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.profiles.results import ProfileSettings
from spectra_dl.expression.estimators.head_registry import FINE_TUNED
from spectra_dl.expression.estimators.losses import LossName
from spectra_dl.expression.estimators.registry import MODEL_NAMES
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.panel.rules import PanelRule
from spectra_dl.imaging.encoders.registry import RAW_TILES
from spectra_dl.imaging.features.recipe import DEFAULT_SIZES_UM, FeatureRecipe

_SHUFFLES = 3


@dataclass(frozen=True)
class ExpressionStudySettings:
    """The choices of a study of expression; `evaluate_study` and `train_study` take the same.

    Attributes
    ----------
    model
        Network or regression by name.
    loss
        What a network is trained for.
    genes
        How many are predicted, chosen on training sections; or their ids or symbols.
    panel
        How they are chosen where their number is given.
    group
        What is left out: ``"patient"`` or ``"section"``.
    folds, repeats
        Split patients (or sections) into so many folds, so many times; None leaves out each on its own, once.
    split_by
        ``"batch"`` leaves out all sections of one batch at a time; None splits by ``group`` alone.
    tune
        Let each fold choose among a few settings, in its training sections; see `spectra_dl.expression.estimators.tuning_space`.
    encoders
        What turns tiles into features; see `spectra_dl.imaging.features.recipe.FeatureRecipe`.
    tile_um
        Sides of the tiles around a spot, in µm.
    seed
        The same seed gives the same result.
    hest_exact
        Also compute the score of HEST-Benchmark's protocol with these features, a leaky estimate.
    leaky
        Also run a split by spot, for the leaky estimate of such a split.
    """

    model: str = MODEL_NAMES[0]
    loss: LossName = "mse"
    genes: int | tuple[str, ...] = 250
    panel: PanelRule = "variance"
    group: Group = "patient"
    folds: int | None = None
    repeats: int = 1
    split_by: str | None = None
    tune: bool = False
    encoders: tuple[str, ...] = ("colour-texture", "efficientnet-lite0")
    tile_um: tuple[float, ...] = DEFAULT_SIZES_UM
    seed: int = 0
    hest_exact: bool = False
    leaky: bool = True

    def recipe(self) -> FeatureRecipe:
        """Return the encoders and tiles; a network that is fine-tuned takes the tiles themselves, of one size."""
        if self.model == FINE_TUNED:
            return FeatureRecipe((RAW_TILES,), self.tile_um[:1])
        return FeatureRecipe(self.encoders, self.tile_um)

    def panel_settings(self) -> PanelSettings:
        """Return which genes are predicted."""
        if isinstance(self.genes, int):
            return PanelSettings(self.genes, self.panel)
        return PanelSettings(max(1, len(self.genes)), self.panel, self.genes)

    def evaluation(self, *, compared: bool = True) -> ProfileSettings:
        """Return how models are evaluated; with ``compared`` False without shuffled rows and the leaky estimate."""
        return ProfileSettings(
            group=self.group,
            folds=self.folds,
            repeats=self.repeats,
            split_by=self.split_by,
            seed=self.seed,
            leaky=compared and self.leaky,
            shuffles=_SHUFFLES if compared else 0,
        )
