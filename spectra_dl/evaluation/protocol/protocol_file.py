"""A protocol on disk: read with every link checked, and written whole."""

import json
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from spectra_dl.errors import DataError
from spectra_dl.evaluation.protocol.sealed_plan import Entry, ProtocolFile, SealedPlan, digest_of
from spectra_dl.storage.atomic import write_text
from spectra_dl.storage.text.json_text import json_text
from spectra_dl.storage.text.plain_text import read_text

Event = Literal["locked", "opened", "refused", "reported", "unlocked", "replayed"]
_WHAT = "the file that spectra-dl lock wrote"
_NO_DIGEST = "0" * 64
_LARGEST = 16 << 20  # bytes; parsed, JSON can take 24 times its size
# What may follow what: a look is opened, then refused or reported, and only unlocking lets another follow.
_AFTER: dict[Event, frozenset[Event]] = {
    "locked": frozenset({"opened"}),
    "opened": frozenset({"refused", "reported", "unlocked", "replayed"}),
    "refused": frozenset({"opened", "replayed"}),
    "reported": frozenset({"unlocked", "replayed"}),
    "unlocked": frozenset({"opened", "replayed"}),
}


def new_protocol(plan: SealedPlan) -> ProtocolFile:
    """Return a protocol whose chain begins with the plan's digest."""
    # As it will be read again, so that the digest is that of what the file says.
    plan = SealedPlan.model_validate_json(json_text(plan.model_dump(mode="json")))
    return ProtocolFile(plan=plan, chain=[_linked("locked", 0, digest_of(plan), {})])


def appended(protocol: ProtocolFile, event: Event, **facts: str | None) -> ProtocolFile:
    """Return a protocol with one more event.

    Parameters
    ----------
    protocol
        The protocol so far.
    event
        What happened.
    **facts
        ``outcome``, ``report`` or ``reason`` of the entry.
    """
    last = protocol.chain[-1]
    entry = _linked(event, last.number + 1, last.digest, facts)
    return protocol.model_copy(update={"chain": [*protocol.chain, entry]})


def read_protocol(path: Path) -> ProtocolFile:
    """Read a protocol file and check every link of its chain.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        It is no protocol, or not as it was written: the sentence says what differs.
    UnsafeError
        Pickle data, or an archive.
    """
    text = read_text(path, _WHAT, at_most=_LARGEST)
    try:
        json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        protocol = ProtocolFile.model_validate_json(text)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(f"{path.name}: {place:.100}: {first['msg']:.100}; name {_WHAT}, as it is") from err
    except (ValueError, RecursionError) as err:
        raise DataError(f"{path.name}: this is no JSON; name {_WHAT}") from err
    _refuse_altered(protocol, text, path.name)
    return protocol


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse_constant(text)


def write_protocol(path: Path, protocol: ProtocolFile) -> None:
    """Write a protocol file, whole or not at all.

    Parameters
    ----------
    path
        The file.
    protocol
        What it holds.

    Raises
    ------
    DataError
        It is longer than is read again.
    EnvironmentFault
        It can't be written.
    """
    text = _text(protocol)
    if len(text.encode()) > _LARGEST:
        raise DataError(
            f"{path.name}: {len(protocol.plan.data.patients)} patients make it longer than {_LARGEST >> 20} MiB, which is not read again; lock a part of the study"
        )
    write_text(path, text)


def _text(protocol: ProtocolFile) -> str:
    return json_text(protocol.model_dump(mode="json"))


def _linked(event: Event, number: int, previous: str, facts: dict[str, str | None]) -> Entry:
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    draft = Entry(number=number, event=event, when=when, previous=previous, digest=_NO_DIGEST, **facts)
    return draft.model_copy(update={"digest": digest_of(draft, without="digest")})


def _refuse_altered(protocol: ProtocolFile, text: str, name: str) -> None:
    remedy = "the file was altered or damaged, take the copy that was sealed"
    if protocol.chain[0].previous != digest_of(protocol.plan):
        raise DataError(f"{name}: its plan does not match the digest in entry 0 of its chain; {remedy}")
    before: Entry | None = None
    for number, entry in enumerate(protocol.chain):
        linked = before is None or entry.previous == before.digest
        follows = entry.event == "locked" if before is None else _may_follow(protocol, number)
        if (
            entry.number != number
            or not linked
            or not follows
            or digest_of(entry, without="digest") != entry.digest
        ):
            raise DataError(
                f"{name}: entry {number} of its chain does not match the one before it or its own digest; {remedy}"
            )
        before = entry
    if _text(protocol) != text:
        raise DataError(f"{name}: it is not written as spectra-dl writes it; {remedy}")


def _may_follow(protocol: ProtocolFile, number: int) -> bool:
    """Return whether an entry's event may stand where it stands; a replay leaves everything as it was."""
    earlier = [entry.event for entry in protocol.chain[:number] if entry.event != "replayed"]
    return protocol.chain[number].event in _AFTER[earlier[-1]]
