"""What is compared on whole slides, and how."""

from dataclasses import dataclass, field

from spectra_dl.evaluation.folds.leave_out_splits import Group
from spectra_dl.evaluation.profiles.across.results import AcrossSettings
from spectra_dl.expression.genes import PanelSettings
from spectra_dl.expression.slides.bulk_table import BulkScale
from spectra_dl.expression.study.settings import ExpressionStudySettings
from spectra_dl.imaging.features.recipe import FeatureRecipe


@dataclass(frozen=True)
class SlideStudySettings:
    """The choices of a study of whole slides.

    Attributes
    ----------
    models
        By name, the first of them trained on permuted patients too; None takes all.
    panel
        Which genes are predicted.
    recipe
        Encoders, and the sizes of tiles.
    group
        What is left out and has a profile: ``"patient"`` or ``"section"``.
    evaluation
        Folds, repeats and seed.
    scale
        What values of a table of bulk expression are; recognised if None.
    """

    models: tuple[str, ...] | None = None
    panel: PanelSettings = field(default_factory=PanelSettings)
    recipe: FeatureRecipe = field(default_factory=lambda: ExpressionStudySettings().recipe())
    group: Group = "patient"
    evaluation: AcrossSettings = field(default_factory=AcrossSettings)
    scale: BulkScale | None = None
