"""spectra-dl simulate: a serum study, one of tissue, or one of several blocks, whose truth is known."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl_cli.commands.simulation.settings import simulation_settings
from spectra_dl_cli.options import bundled, seed_option
from spectra_dl_cli.output import Output, bundled_output, json_option, origin_of, overwrite_option
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl_cli.commands.simulation.settings import Settings


@click.command(cls=Command)
@click.argument("out", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--patients",
    type=click.IntRange(min=2),
    metavar="N",
    help="427 if not given, of tissue 24, with --fusion 120.",
)
@click.option(
    "--spectra-per-patient",
    type=click.IntRange(min=1),
    metavar="N",
    help="3 if not given, with --fusion 2.",
)
@click.option(
    "--distance", type=click.FloatRange(min=0), metavar="D", help="Mahalanobis distance between the classes."
)
@click.option(
    "--hazard-ratio",
    type=click.FloatRange(min=1),
    metavar="R",
    help="Times to an event in place of classes: columns months and event, whose hazard grows so many times with a standard deviation of one band, with --tissue of necrosis that is missing, with --fusion of what all blocks say together.",
)
@click.option(
    "--explained",
    type=click.FloatRange(min=0, max=1, max_open=True),
    metavar="SHARE",
    help="With --fusion: a number in place of classes, column score, of whose variance all blocks together explain this share.",
)
@click.option("--fluorescence", type=click.Choice(["low", "medium", "high"]), help="medium if not given.")
@click.option(
    "--tissue",
    is_flag=True,
    help="Slides of tumours in place of spectra: tiles that are viable, necrotic or no tumour, of which each patient's share of necrosis is known.",
)
@click.option(
    "--slides",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --tissue: slides of a patient, 4 if not given.",
)
@click.option(
    "--tiles",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --tissue: tiles of a slide, 16 if not given.",
)
@click.option(
    "--fusion",
    is_flag=True,
    help="Spectra and clinical columns of the same patients, with --tissue images too, and the study file of evaluate fusion.",
)
@click.option(
    "--missing",
    type=click.FloatRange(min=0, max=1, max_open=True),
    metavar="SHARE",
    help="With --fusion: the share of patients who lack a block, of each block at random.",
)
@click.option(
    "--instruments",
    type=click.IntRange(min=2, max=26),
    metavar="N",
    help="The patients shared out among so many spectrometers that differ in axis, resolution and response, and ten samples that each of them measured.",
)
@click.option(
    "--signal",
    type=click.Choice(["heights", "positions", "ratio", "interaction", "subset"]),
    help="What differs between the classes, in place of several band heights at a known distance: heights or positions of bands, the ratio of two, the sign of their correlation (interaction), or heights in some of a patient's spectra (subset).",
)
@click.option(
    "--best-auc",
    type=click.FloatRange(min=0.5, max=1, min_open=True, max_open=True),
    metavar="AUC",
    help="With --signal: the highest patient AUC that any method can reach, .85 if not given.",
)
@seed_option
@overwrite_option
@json_option
@bundled("settings", simulation_settings)
@bundled_output
def simulate(
    *,
    settings: "Settings",
    output: Output,
) -> None:
    """Write simulated serum spectra of patients with and without bone metastasis to DIR/spectra.csv.

    The classes lie at a known distance, so the best accuracy that any method can reach is known; it stands in
    DIR/report.json. With --hazard-ratio patients are followed for months in place of having a class, and the best C-index is known.
    Nothing in the study is real. With --tissue it is a folder DIR/images of tiles of tumours with their sheet, and the patients' shares of necrosis stand in
    DIR/truth.csv. With --instruments the samples stand in DIR/samples_a.csv, DIR/samples_b.csv and so on, and how the instruments differ in
    DIR/report.json. With --signal the classes differ in another way, and the best AUC is the one asked for. With --fusion the patients have clinical columns too, and the best AUC of each set of blocks stands in DIR/truth.json, or
    the best R2, or C-index.
    """
    from spectra_dl_cli.commands.simulation.written import written_study

    folder = output.claim()
    assert isinstance(folder, Path)  # DIR is required
    result, seed, text = written_study(settings, folder)
    output.finish(result, lambda: origin_of([], seed=seed), lambda: text)
