"""Options of evaluate expression at the level of slides: many tiles to one profile of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl.expression.estimators.slides.names import SLIDE_MODELS, chosen_slide_models
from spectra_dl_cli.earlier_run import decides
from spectra_dl_cli.model_options import NameList
from spectra_dl_cli.options import bundled, together

if TYPE_CHECKING:
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.expression.slides.bulk_table import BulkTable
    from spectra_dl.expression.study.settings import ExpressionStudySettings
    from spectra_dl.expression.study.slide_settings import SlideStudySettings

# What says how spots are predicted, and nothing of slides.
_OF_SPOTS = ("model", "loss", "hest_exact", "split_by", "no_leaky", "tune")
_OF_SLIDES = ("bulk", "bulk_scale", "models")

slide_options = together(
    click.option(
        "--level",
        type=click.Choice(["spot", "slide"]),
        default="spot",
        show_default=True,
        help="What has a profile: each spot, or all slides of a patient together.",
    ),
    click.option(
        "--bulk",
        type=click.Path(path_type=Path, readable=False),
        metavar="TABLE",
        help="With --level slide: a CSV of patients and genes, bulk RNA-seq; if not given, counts of all spots are added up.",
    ),
    click.option(
        "--bulk-scale",
        type=click.Choice(["counts", "linear", "log"]),
        help="With --bulk: counts, TPM or the like, or logarithms; recognised if not given.",
    ),
    click.option(
        "--models",
        type=NameList(),
        metavar="A,B,C",
        help=f"With --level slide: of {', '.join(SLIDE_MODELS)}; all if not given, the first trained on permuted patients too.",
    ),
)


@dataclass(frozen=True)
class SlideLevel:
    """What is predicted of whole slides.

    Attributes
    ----------
    level
        ``"spot"`` or ``"slide"``.
    bulk
        A table of profiles.
    bulk_scale
        What its values are.
    models
        By name; None takes all.
    """

    level: str
    bulk: Path | None
    bulk_scale: str | None
    models: tuple[str, ...] | None

    def checked(self, context: click.Context) -> bool:
        """Return whether slides are predicted; options of the other level are refused.

        Parameters
        ----------
        context
            Of the command.

        Raises
        ------
        UsageError
            An option says nothing at this level, or there is no such model.
        """
        at_slides = self.level == "slide"
        others, remedy = (
            (_OF_SPOTS, "spots; leave it or --level slide out")
            if at_slides
            else (_OF_SLIDES, "whole slides; say --level slide")
        )
        if typed := [name for name in others if decides(context, name)]:
            raise UsageError(f"--{typed[0].replace('_', '-')} is of {remedy}")
        if self.bulk_scale and self.bulk is None:
            raise UsageError("--bulk-scale says what the values of a table are; name it with --bulk")
        named = not isinstance(context.params.get("genes", 0), int)
        if at_slides and decides(context, "panel") and named:
            raise UsageError(
                "--panel says how genes are chosen, and --genes names them; leave one out, or give a number as --genes"
            )
        if at_slides:
            chosen_slide_models(self.models)
        return at_slides

    def table(self, sections: "Sequence[TissueSection]") -> "BulkTable | None":
        """Return the table, None where counts of spots are added up.

        Parameters
        ----------
        sections
            Whose patients it must hold.

        Raises
        ------
        DataError
            It can't be used.
        """
        if self.bulk is None:
            return None
        from spectra_dl.expression.slides.bulk_table import read_bulk_table

        return read_bulk_table(self.bulk, {section.patient or "" for section in sections})

    def settings(self, given: "ExpressionStudySettings") -> "SlideStudySettings":
        """Return what is compared, with the options that spots and slides share."""
        from spectra_dl.evaluation.profiles.across.results import AcrossSettings
        from spectra_dl.expression.study.slide_settings import SlideStudySettings

        return SlideStudySettings(
            self.models,
            given.panel_settings(),
            given.recipe(),
            given.group,
            AcrossSettings(given.folds, given.repeats, seed=given.seed),
            self.bulk_scale,  # type: ignore[arg-type]  # click.Choice lets nothing else through
        )


bundled_slides = bundled("slides", SlideLevel)
