"""Options of the commands that train and evaluate on tissue sections, and of what is written of a predicted one."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from spectra_dl.expression.estimators.losses import LossName
from spectra_dl.expression.estimators.registry import MODEL_NAMES
from spectra_dl.expression.output.exports.formats import EXPORTS
from spectra_dl.expression.panel.rules import PANEL_RULES, PanelRule
from spectra_dl_cli.options import bin_option, bundled, seed_option, store_option, together

if TYPE_CHECKING:
    from spectra_dl.expression.output.choice import OutputChoice
    from spectra_dl.expression.study.settings import ExpressionStudySettings

Group = Literal["patient", "section"]


class GeneChoice(click.ParamType):  # type: ignore[type-arg]
    """How many genes, their ids or symbols with commas between, or a file that lists them; an existing file wins."""

    name = "genes"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | tuple[str, ...]:
        """Return the number, or the names; a report's list of names is taken as it is.

        Parameters
        ----------
        value
            What was typed, or what a report holds.
        param, ctx
            Of the message, where it is none of these.
        """
        if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
            return tuple(value)
        text = str(value).strip()
        if not text or isinstance(value, bool | float | list | tuple):
            self.fail(f"{value!r:.80} is neither a number nor genes nor a file", param, ctx)
        if re.fullmatch(r"[+-]?[0-9]{1,9}", text):
            if int(text) < 1:
                self.fail(f"{text} is not in the range x>=1.", param, ctx)
            return int(text)
        return _named_genes(text)


def _named_genes(text: str) -> tuple[str, ...]:
    from spectra_dl.errors import DataError
    from spectra_dl.expression.panel.gene_list import listed_genes, typed_genes
    from spectra_dl.storage.text.plain_text import read_text

    path = Path(text)
    if path.is_file():
        return listed_genes(read_text(path, "a list of genes, one in a line"))
    if "/" in text or path.suffix.lower() in (".txt", ".csv", ".tsv", ".xlsx"):
        raise DataError(
            f"--genes {text:.200}: no such file; name genes with commas between, or a file that lists them"
        )
    return typed_genes(text)


expression_options = together(
    click.argument("sections", type=click.Path(path_type=Path, readable=False), metavar="SECTIONS"),
    click.option(
        "--model",
        type=click.Choice(MODEL_NAMES),
        default=MODEL_NAMES[0],
        show_default=True,
        help="Network or regression; fine-tuned trains EfficientNet-Lite0 itself on tiles of the first --tile-um, without --encoder.",
    ),
    click.option(
        "--loss",
        type=click.Choice(get_args(LossName)),
        default="mse",
        show_default=True,
        help="What a network is trained for.",
    ),
    click.option(
        "--genes",
        type=GeneChoice(),
        default=250,
        show_default=True,
        metavar="N|A,B,C|FILE",
        help="How many genes are predicted, chosen on training sections; or ids or symbols, or a file that lists them.",
    ),
    click.option(
        "--panel",
        type=click.Choice(PANEL_RULES),
        default="variance",
        show_default=True,
        help="How genes are chosen where --genes is a number; the last three are scanpy's.",
    ),
    click.option(
        "--group",
        type=click.Choice(get_args(Group)),
        default="patient",
        show_default=True,
        help="What is left out; section keeps other sections of a patient in training, and says so.",
    ),
    click.option(
        "--encoder",
        "encoders",
        multiple=True,
        default=("colour-texture", "efficientnet-lite0"),
        show_default=True,
        metavar="NAME",
        help="What turns tiles into numbers; may be given several times: colour-texture, efficientnet-lite0, slidl, timm:MODEL, file:WEIGHTS.safetensors, or features:PATH for HDF5 files that another tool computed.",
    ),
    click.option(
        "--tile-um",
        multiple=True,
        type=click.FloatRange(min=1.0, max=10_000.0),
        default=(112.0, 224.0, 448.0),
        show_default=True,
        metavar="SIDE",
        help="Side of the tiles around a spot, in um; may be given several times.",
    ),
    bin_option,
    store_option,
    seed_option,
)


def _settings(
    *,
    model: str,
    loss: LossName,
    genes: int | tuple[str, ...],
    panel: PanelRule,
    group: Group,
    encoders: tuple[str, ...],
    tile_um: tuple[float, ...],
    seed: int,
    hest_exact: bool = False,
    no_leaky: bool = False,
    folds: int | None = None,
    repeats: int = 1,
    split_by: str | None = None,
    tune: bool = False,
) -> "ExpressionStudySettings":
    from spectra_dl.expression.study.settings import ExpressionStudySettings

    return ExpressionStudySettings(
        model=model,
        loss=loss,
        genes=genes,
        panel=panel,
        group=group,
        encoders=encoders,
        tile_um=tile_um,
        seed=seed,
        hest_exact=hest_exact,
        leaky=not no_leaky,
        folds=folds,
        repeats=repeats,
        split_by=split_by,
        tune=tune,
    )


bundled_settings = bundled("settings", _settings)

output_choice_options = together(
    click.option(
        "--genes",
        type=GeneChoice(),
        metavar="N|A,B,C|FILE",
        help="With a model of expression: the genes written, by id or symbol, or a file that lists them; N takes those predicted best.",
    ),
    click.option(
        "--map",
        "maps",
        multiple=True,
        metavar="GENE",
        help="With a model of expression: a gene to be drawn instead of the four predicted best; repeatable.",
    ),
    click.option(
        "--export",
        "exports",
        multiple=True,
        type=click.Choice(EXPORTS),
        help="With a model of expression: another format to write; repeatable.",
    ),
)


@dataclass(frozen=True)
class SectionOutput:
    """What is written of a predicted section.

    Attributes
    ----------
    genes
        Their number, ids or symbols; None for all.
    maps
        Genes that are drawn.
    exports
        Formats besides AnnData.
    """

    genes: int | tuple[str, ...] | None
    maps: tuple[str, ...]
    exports: tuple[str, ...]

    def choice(self) -> "OutputChoice":
        """Return it as the library takes it."""
        from spectra_dl.expression.output.choice import OutputChoice

        return OutputChoice(self.genes, self.maps, self.exports)


bundled_output_choice = bundled("written", SectionOutput)
