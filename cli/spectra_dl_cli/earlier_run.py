"""What an earlier run left behind: its report, which tells how to repeat it, and its folds."""

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import click
from click.core import ParameterSource

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.storage.unsafe_contents import refuse_unsafe
from spectra_dl_cli.output import say_warning

_LARGEST = 512 << 20  # bytes
_HEAD = 512  # bytes that tell what a file is
_RECORD = "spectra_dl.earlier_run"
# Where things lie and what is shown is said anew; everything else decides the result.
_SAID_ANEW = frozenset({"data", "samples", "folds_from", "out", "overwrite", "as_json", "replay"})
_NOT_RECORDED = _SAID_ANEW - {"samples", "folds_from"}


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
    """

    path: Path
    command: tuple[str, ...]
    inputs: tuple[Mapping[str, str], ...]
    versions: Mapping[str, str]
    options: Mapping[str, object]


class ReplayableCommand(click.Command):
    """A command with an option ``--replay REPORT``, which takes every other option from an earlier run's report."""

    def invoke(self, context: click.Context) -> object:
        """Run the command, with the report's options if there is one."""
        path = context.params.get("replay")
        if path is not None:
            _refuse_other_options(context)
            context.meta[_RECORD] = earlier = _read_report(path)
            context.params |= _checked_options(context, earlier)
        return super().invoke(context)


def recorded_options(context: click.Context) -> dict[str, object]:
    """Return every option that decides the result, ready for JSON, for `ReplayableCommand` to read."""
    return {
        name: str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
        for name, value in sorted(context.params.items())
        if name not in _NOT_RECORDED
    }


def as_recorded(context: click.Context, report: Mapping[str, object]) -> dict[str, object]:
    """Return a report's first entries as the replayed run wrote them, or unchanged if nothing is replayed.

    The command and the paths are the earlier run's; the inputs are those, as their SHA-256 say.

    Raises
    ------
    DataError
        Other inputs than the earlier run's.
    """
    earlier = context.meta.get(_RECORD)
    if not isinstance(earlier, EarlierRun):
        return dict(report)
    _refuse_other_inputs(earlier, cast("list[dict[str, str]]", report["inputs"]))
    if report["versions"] != earlier.versions:
        say_warning(
            f"{earlier.path.name} was made with other versions; figures may differ in the last digits"
        )
    return {**report, "command": list(earlier.command), "inputs": [dict(one) for one in earlier.inputs]}


def read_text(path: Path, what: str) -> str:
    """Return the text of a regular file of at most 512 MiB.

    Raises
    ------
    DataError
        There is no such file, or it is not text.
    UnsafeError
        Pickle data, or an archive.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise DataError(f"{path.name}: not a regular file of at most 512 MiB; name {what}")
        content = path.read_bytes()
        refuse_unsafe(content[:_HEAD], path.name, f"name {what}")
        return content.decode("utf-8")
    except (OSError, ValueError) as err:
        if isinstance(err, DataError | UnsafeError):
            raise
        reason = (err.strerror if isinstance(err, OSError) else None) or "it is not text"
        raise DataError(f"{path.name}: can't be read ({reason}); name {what}") from err


def _refuse_other_options(context: click.Context) -> None:
    said = [
        name
        for name in context.params
        if name not in _SAID_ANEW and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if said:
        listed = ", ".join(f"--{name.replace('_', '-')}" for name in said)
        raise UsageError(f"--replay takes all options from the report; leave {listed} out")


def _read_report(path: Path) -> EarlierRun:
    text = read_text(path, "the report.json of an earlier run")
    try:
        report = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise DataError(f"{path.name}: this is no JSON; name the report.json of an earlier run") from err
    told: dict[str, Any] = report if isinstance(report, dict) else {}
    command, inputs = told.get("command"), told.get("inputs")
    whole = (
        isinstance(told.get("options"), dict)
        and isinstance(command, list)
        and all(isinstance(word, str) for word in command)
        and isinstance(inputs, list)
        and all(_is_texts(one) and set(one) == {"path", "sha256"} for one in inputs)
        and _is_texts(told.get("versions"))
    )
    if not whole:
        raise DataError(
            f"{path.name}: its command, inputs, versions and options don't stand in it; name the report.json of an earlier run "
            "of this command, as it was written"
        )
    return EarlierRun(path, tuple(told["command"]), tuple(told["inputs"]), told["versions"], told["options"])


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _checked_options(context: click.Context, earlier: EarlierRun) -> dict[str, object]:
    """Return the report's options, each checked as if it had been typed."""
    told, name_of_report = earlier.options, earlier.path.name
    known = {one.name: one for one in context.command.params if one.name and one.name not in _NOT_RECORDED}
    if set(told) != set(known):
        odd = ", ".join(sorted(set(told) ^ set(known)))
        raise DataError(
            f"{name_of_report}: its options are not those of this version (they differ in {odd:.200}); use the version that "
            "wrote it"
        )
    values = {}
    for name, option in known.items():
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        try:
            values[name] = context.params[name] if typed else option.process_value(context, told[name])
        except (click.ClickException, TypeError, ValueError) as err:
            raise DataError(
                f"{name_of_report}: its option {name} can't be {told[name]!r:.80}; take the report as it was written"
            ) from err
    return values


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
