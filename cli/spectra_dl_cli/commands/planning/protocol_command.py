"""A command that evaluates what a protocol sealed, and writes each look into the protocol."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from spectra_dl.errors import DataError, EnvironmentFault, SpectraDLError
from spectra_dl_cli.earlier_run import checked_value, decides, earlier_of, recorded_options
from spectra_dl_cli.output import Output, say, say_warning
from spectra_dl_cli.printing.help import Command

if TYPE_CHECKING:
    from spectra_dl.evaluation.protocol.looks import Look
    from spectra_dl.evaluation.protocol.sealable import Sealable
    from spectra_dl.evaluation.protocol.state import ProtocolState

_Result = TypeVar("_Result")
# Sealed by their content, or of the machine.
NOT_SEALED = frozenset(
    {
        *("samples", "calibration", "transfer", "folds_from", "protocol_file", "device", "fast", "threads"),
        *("spectra", "tissue", "clinical", "bulk"),  # files of a study of several blocks, and of profiles
    }
)

protocol_option = click.option(
    "--protocol",
    "protocol_file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Evaluate what lock sealed in this file and refuse what differs; options need not be typed again.",
)


class LockedCommand(Command):
    """A command with `protocol_option`, which takes its options from the protocol and refuses those that differ."""

    def invoke(self, context: click.Context) -> object:
        """Run the command, with the protocol's options if there is one."""
        path = context.params["protocol_file"]
        if path is not None:
            context.params |= _sealed_options(context, path)
        return super().invoke(context)


@contextlib.contextmanager
def look_taken(
    context: click.Context,
    sealed: "Callable[[], Sealable]",
    split: str | None,
    output: Output,
    evaluated: Callable[[], _Result],
) -> Iterator[tuple[_Result, "ProtocolState"]]:
    """Write a look into the protocol, if there is one, evaluate, yield the result and what a report says of the look, and write how it ended once the block is done.

    What is refused while it is evaluated shows nothing, so the test set stays locked. From then on the look counts: what fails in the block, which may have shown the result, goes on with the same look.

    Parameters
    ----------
    context
        Of the command.
    sealed
        Returns what is about to be tested, as a protocol knows it.
    split
        Text of the folds that are repeated, None without.
    output
        Where the report is written.
    evaluated
        Returns the result.

    Raises
    ------
    DataError
        Something is not as it was sealed, or the test set was opened before.
    EnvironmentFault
        The look can't be written.
    """
    from spectra_dl.evaluation.protocol.state import NOT_LOCKED, ProtocolState

    path = context.params["protocol_file"]
    if path is None:
        yield evaluated(), ProtocolState(verdict=NOT_LOCKED)
        return
    from spectra_dl.evaluation.protocol.looks import close_look

    look = _opened(context, path, sealed(), split)
    try:
        result = evaluated()
    except SpectraDLError as err:
        if not isinstance(err, EnvironmentFault):
            close_look(look, refused=str(err))
        raise
    yield result, look.state()
    end = close_look(look, report=_report_digest(output))
    if not output.as_json:
        say(f"\nThe chain of {path.name} ends in {end} now; deposit that too.")


def sealed_now(context: click.Context) -> dict[str, object]:
    """Return the options of an evaluation that a protocol seals, ready for JSON."""
    return {name: value for name, value in recorded_options(context).items() if name not in NOT_SEALED}


def _opened(context: click.Context, path: Path, study: "Sealable", split: str | None) -> "Look":
    from spectra_dl.evaluation.folds.split_file import split_sha256
    from spectra_dl.evaluation.protocol.looks import open_look, replay_look
    from spectra_dl.evaluation.protocol.sealable import digest_of_cells
    from spectra_dl.plugins import named_plugins
    from spectra_dl.storage.provenance import versions

    folds = None if split is None else split_sha256(split)
    earlier = earlier_of(context)
    if earlier is not None:
        entry = str(earlier.protocol.get("entry", "none"))
        return replay_look(path, study.data, folds, entry, words=study.words)
    look = open_look(path, study.data, folds, digest_of_cells(study.outcome), words=study.words)
    if dict(look.plan.versions) != {**versions(), **named_plugins(sealed_now(context).values())}:
        say_warning(f"{path.name} was sealed with other versions; the report names both")
    return look


def _report_digest(output: Output) -> str | None:
    from spectra_dl.storage.hashing import sha256_of
    from spectra_dl.storage.run_folder import REPORT_NAME

    return None if output.out is None else sha256_of(output.out / REPORT_NAME)


def _sealed_options(context: click.Context, path: Path) -> Mapping[str, object]:
    """Return the sealed options as if they had been typed, and refuse typed ones that differ."""
    from spectra_dl.evaluation.protocol.looks import option_differences, refuse_differences
    from spectra_dl.evaluation.protocol.protocol_file import read_protocol

    sealed, now = read_protocol(path).plan.options, sealed_now(context)
    if sealed.keys() != now.keys():
        odd = ", ".join(sorted(sealed.keys() ^ now.keys()))
        raise DataError(
            f"{path.name}: its options are not those of this version (they differ in {odd:.200}); use the version that sealed it"
        )
    replayed = earlier_of(context) is not None
    typed = {name: value for name, value in now.items() if replayed or decides(context, name)}
    refuse_differences(path.name, option_differences(sealed, typed))
    return {
        name: checked_value(context, name, value, path.name)
        for name, value in sealed.items()
        if name not in typed
    }
