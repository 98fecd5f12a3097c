"""What an earlier run left behind: its report, from which it can be repeated, and its folds."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from click.core import ParameterSource

from spectra_dl.errors import DataError, UsageError
from spectra_dl.storage.text.plain_text import read_text
from spectra_dl_cli.output import HOW, WHERE, say_warning
from spectra_dl_cli.printing.help import Command

_RECORD = "spectra_dl.earlier_run"
# The input and where results go are named anew in each run; every other option decides the result and is recorded.
_OF_THIS_RUN = frozenset(
    {
        *("out", "overwrite", "as_json", "store", "lock_file", "hypothesis", "metric"),
        *(word.removeprefix("--") for word in (*WHERE, *HOW)),
    }
)
# Recorded, since they decide the result, and may be named anew, since a file may have moved.
_MAY_MOVE = frozenset({"bulk", "samples", "calibration", "transfer", "folds_from", "protocol_file"})

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class EarlierRun:
    """What an earlier run's report says of how it came about.

    Attributes
    ----------
    path
        The report.
    command
        The words of the command.
    inputs
        Path and SHA-256 of each input, as they stand in the report.
    versions
        Of the packages that computed its numbers.
    options
        By name, not yet checked.
    protocol
        What it says of a protocol; empty in reports that say nothing.
    """

    path: Path
    command: tuple[str, ...]
    inputs: tuple[Mapping[str, str], ...]
    versions: Mapping[str, str]
    options: Mapping[str, object]
    protocol: Mapping[str, object]


class ReplayableCommand(Command):
    """A command with `replay_option`, which takes every other option from an earlier run's report.

    The command itself is not given that option. Its arguments are its input, and are named anew in each run.
    """

    def invoke(self, context: click.Context) -> object:
        """Run the command, with the report's options if there is one."""
        path = context.params.pop("replay")
        if path is not None:
            _refuse_other_options(context)
            context.meta[_RECORD] = earlier = _read_report(path)
            context.params |= _checked_options(context, earlier)
        return super().invoke(context)


def replay_option(inputs: str) -> Callable[[_Command], _Command]:
    """Return the option of a `ReplayableCommand`; ``inputs`` is what the command calls its input."""
    return click.option(
        "--replay",
        type=click.Path(path_type=Path, readable=False),
        metavar="REPORT",
        help=f"Repeat the run of a report.json on the same {inputs}.",
    )


def recorded_options(context: click.Context) -> dict[str, object]:
    """Return every option that decides the result, ready for JSON, for `ReplayableCommand` to read; files of a replayed run are called as it called them."""
    recorded, earlier = _recorded(context.command), earlier_of(context)
    options = {
        name: str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
        for name, value in sorted(context.params.items())
        if name in recorded
    }
    return (
        options
        if earlier is None
        else {**options, **{name: earlier.options[name] for name in _MAY_MOVE & options.keys()}}
    )


def as_recorded(context: click.Context, report: Mapping[str, object]) -> dict[str, object]:
    """Return a report's first entries as the replayed run wrote them, or unchanged if nothing is replayed.

    The command and the paths are the earlier run's; the inputs are those, as their SHA-256 say.

    Parameters
    ----------
    context
        Of the command.
    report
        From `spectra_dl_cli.output.origin_of`.

    Raises
    ------
    DataError
        Other inputs than the earlier run's.
    """
    earlier = earlier_of(context)
    if earlier is None:
        return dict(report)
    _refuse_other_inputs(earlier, cast("list[dict[str, str]]", report["inputs"]))
    if report["versions"] != earlier.versions:
        say_warning(
            f"{earlier.path.name} was made with other versions; figures may differ in the last digits"
        )
    return {**report, "command": list(earlier.command), "inputs": [dict(each) for each in earlier.inputs]}


def earlier_of(context: click.Context) -> EarlierRun | None:
    """Return the run that a command repeats, None where it repeats none."""
    earlier = context.meta.get(_RECORD)
    return earlier if isinstance(earlier, EarlierRun) else None


def decides(context: click.Context, name: str) -> bool:
    """Return whether an option was typed, so that it is not taken from a file.

    Parameters
    ----------
    context
        Of the command.
    name
        Of the option.
    """
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def checked_value(context: click.Context, name: str, value: object, file: str) -> object:
    """Return an option's value from a file, checked as if it had been typed.

    Parameters
    ----------
    context
        Of the command.
    name
        Of the option.
    value
        What the file holds.
    file
        Its name, for messages.

    Raises
    ------
    DataError
        The option can't have this value.
    """
    option = _recorded(context.command)[name]
    try:
        return option.process_value(context, value)
    except (click.ClickException, TypeError, ValueError) as err:
        raise DataError(
            f"{file}: its option {name} can't be {value!r:.80}; take the file as it was written"
        ) from err


def _recorded(command: click.Command) -> dict[str, click.Parameter]:
    """Return the options by name that decide the result of a command."""
    return {
        option.name: option
        for option in command.params
        if isinstance(option, click.Option)
        and option.name
        and not option.hidden  # an old name of another one
        and option.name != "replay"
        and option.name not in _OF_THIS_RUN
    }


def _refuse_other_options(context: click.Context) -> None:
    typed = [
        name
        for name in context.params
        if name in _recorded(context.command) and name not in _MAY_MOVE and decides(context, name)
    ]
    if typed:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in typed)
        raise UsageError(f"--replay takes all options from the report; leave {listed} out")


def _read_report(path: Path) -> EarlierRun:
    text = read_text(path, "the report.json of an earlier run")
    try:
        report = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise DataError(f"{path.name}: this is no JSON; name the report.json of an earlier run") from err
    entries: dict[str, Any] = report if isinstance(report, dict) else {}
    command, inputs = entries.get("command"), entries.get("inputs")
    whole = (
        isinstance(entries.get("options"), dict)
        and isinstance(command, list)
        and all(isinstance(word, str) for word in command)
        and isinstance(inputs, list)
        and all(_is_texts(each) and set(each) == {"path", "sha256"} for each in inputs)
        and _is_texts(entries.get("versions"))
    )
    if not whole:
        raise DataError(
            f"{path.name}: its command, inputs, versions and options don't stand in it; name the report.json of an earlier run "
            "of this command, as it was written"
        )
    protocol = entries.get("protocol")
    return EarlierRun(
        path,
        tuple(entries["command"]),
        tuple(entries["inputs"]),
        entries["versions"],
        entries["options"],
        protocol if isinstance(protocol, dict) else {},
    )


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _checked_options(context: click.Context, earlier: EarlierRun) -> dict[str, object]:
    """Return the report's options, each checked as if it had been typed."""
    given, name_of_report = earlier.options, earlier.path.name
    known = _recorded(context.command)
    if set(given) != set(known):
        odd = ", ".join(sorted(set(given) ^ set(known)))
        raise DataError(
            f"{name_of_report}: its options are not those of this version (they differ in {odd:.200}); use the version that "
            "wrote it"
        )
    return {
        name: context.params[name]
        if decides(context, name)
        else checked_value(context, name, given[name], name_of_report)
        for name in known
    }


def _refuse_other_inputs(earlier: EarlierRun, inputs: Sequence[Mapping[str, str]]) -> None:
    if len(inputs) != len(earlier.inputs):
        raise DataError(
            f"--replay: {len(inputs)} inputs, but {earlier.path.name} was made from {len(earlier.inputs)}; give the same ones"
        )
    for given, known in zip(inputs, earlier.inputs, strict=True):
        if given["sha256"] != known["sha256"]:
            raise DataError(
                f"--replay: {given['path']!s:.100} is not what {earlier.path.name} was made from (SHA-256 {given['sha256']}, "
                f"there {known['sha256']:.64}); give the same file"
            )
