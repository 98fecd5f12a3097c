"""spectra-dl ceiling: how well any model could predict these counts."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.options import bin_option
from spectra_dl_cli.output import Output, bundled_output, origin_of, output_options, table_text
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.expression.study.ceiling import SectionCeiling

_SHOWN = 20  # genes


@click.command(cls=Command)
@click.argument("data", type=click.Path(path_type=Path, readable=False), metavar="FILE")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N genes with the most counts.")
@bin_option
@output_options
@bundled_output
def ceiling(*, data: Path, top: int | None, bin_um: float | None, output: Output) -> None:
    """Print the highest correlation any model could reach with each gene of one section.

    FILE is an .h5ad with raw counts, a folder of Space Ranger or Xenium, or a counts table of legacy Spatial Transcriptomics beside its
    image and spots.
    """
    from spectra_dl.expression.study.ceiling import ceiling_study

    output.claim()
    origin = origin_of([data])
    result = ceiling_study(data, top=top, bin_um=bin_um)
    output.finish(result, lambda: origin, lambda: _text(result))


def _text(result: "SectionCeiling") -> str:
    genes = result.genes
    cells = [
        [gene.gene, *(f"{value:.3f}" for value in (gene.mean_count, gene.ceiling, gene.low, gene.high))]
        for gene in genes[:_SHOWN]
    ]
    lines = [
        f"{result.spots} spots, {len(genes)} genes: knowing every spot's true shares, a model reaches a mean correlation of {result.mean_ceiling:.3f} with log(1 + counts per 10,000); more takes knowing how deep each spot was counted.",
        "",
        table_text(["gene", "mean count", "ceiling", "low", "high"], cells),
    ]
    if len(genes) > _SHOWN:
        lines.append(f"and {len(genes) - _SHOWN} more; --out writes them all to ceiling.csv")
    return "\n".join(lines)
