"""spectra-dl lock and unlock: a protocol that is sealed before the outcome is seen, and further looks at it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spectra_dl.errors import UsageError
from spectra_dl.spectra.study.cleaning import CleaningSettings
from spectra_dl_cli.commands.planning.evaluation_options import (
    Protocol,
    evaluation_options,
    refuse_other_outcomes,
)
from spectra_dl_cli.commands.planning.promised import HYPOTHESIS_HELP, METRIC_HELP, Promised
from spectra_dl_cli.model_options import ModelCommand, NetworkOptions, bundled_network
from spectra_dl_cli.options import bundled, bundled_cleaning, bundled_reading
from spectra_dl_cli.output import say
from spectra_dl_cli.printing.help import Command
from spectra_dl_cli.split_options import given_split
from spectra_dl_cli.study_data import study_data

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.spectra.readers import ReadOptions


@click.command(cls=ModelCommand)
@evaluation_options
@click.option("--hypothesis", required=True, metavar="SENTENCE", help=HYPOTHESIS_HELP)
@click.option("--metric", metavar="NAME", help=METRIC_HELP)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The protocol file; one that is there is never replaced.",
)
@bundled_reading
@bundled_cleaning
@bundled_network
@bundled("protocol", Protocol)
@click.pass_context
def lock(
    context: click.Context,
    *,
    data: tuple[Path, ...],
    reading: "ReadOptions",
    cleaning: CleaningSettings,
    network: NetworkOptions,
    protocol: Protocol,
    hypothesis: str,
    metric: str | None,
    out: Path,
) -> None:
    """Seal an evaluation of spectra before its outcome is seen.

    DATA are the spectra that evaluate spectra will be given, with patients; their classes or numbers may still be missing, and then the protocol says so.
    Every other option is one of evaluate spectra. Prints a digest to deposit elsewhere: a restored old copy of the file can't be recognised without it.
    """
    refuse_other_outcomes(context, protocol)
    cleaning.preprocessing()
    network.training()
    from spectra_dl.spectra.sealing.sealed_data import sealable

    def sealed() -> "Sealable":
        table = study.read(replace(reading, label=None), numbers=not protocol.of_classes)
        return sealable(table, context.params)

    promised = Promised(out, hypothesis, metric)
    promised.check(protocol)
    split, study = given_split(context), study_data(data)
    promised.write(context, sealed(), protocol, split)


@click.command(cls=Command)
@click.argument("protocol", type=click.Path(path_type=Path, readable=False), metavar="PROTOCOL")
@click.option("--reason", required=True, metavar="SENTENCE", help="Why another look is needed.")
def unlock(*, protocol: Path, reason: str) -> None:
    """Record another look at a locked test set, which one more evaluation may then take.

    The first look needs none: evaluate spectra --protocol takes it. The reason stands in the protocol's chain and in the next report.
    """
    from spectra_dl.evaluation.protocol.looks import unlock as recorded

    said = " ".join(reason.split())
    if not 1 <= len(said) <= 500:
        raise UsageError(f"--reason has {len(said)} characters; write a sentence of 1 to 500")
    written = recorded(protocol, said)
    looks = [entry.event for entry in written.chain].count("unlocked") + 1
    say(
        f"Recorded in {protocol}: look {looks} may be taken, because {said.rstrip('.')}.\n"
        f"Deposit the chain's new end beside the first digest:\n{written.chain[-1].digest}"
    )
