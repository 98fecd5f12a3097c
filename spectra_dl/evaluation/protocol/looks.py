"""Looks at a locked test set: each is written into the protocol's chain before anything is computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spectra_dl.errors import DataError
from spectra_dl.evaluation.protocol.protocol_file import appended, new_protocol, read_protocol, write_protocol
from spectra_dl.evaluation.protocol.sealable import OF_SPECTRA, SealedWords
from spectra_dl.evaluation.protocol.sealed_plan import ProtocolFile, SealedData, SealedPlan
from spectra_dl.evaluation.protocol.state import LOCKED_BEFORE, NOT_LOCKED, ProtocolState
from spectra_dl.evaluation.wording import first_few
from spectra_dl.storage.folder_lock import waiting_lock
from spectra_dl.storage.wording import printable

_LONGEST_REASON = 500


@dataclass(frozen=True)
class Look:
    """A look at a locked test set.

    Attributes
    ----------
    path
        The protocol file.
    plan
        What was sealed.
    seal
        The digest of the chain's first entry, which `lock` printed to be deposited elsewhere.
    locked_at
        When, by the clock of the machine that locked.
    number
        Of the look, from 1; one that was refused showed nothing and does not count.
    entry
        The digest of the chain's entry that opened it.
    reason
        Why another look was wanted; None of the first.
    """

    path: Path
    plan: SealedPlan
    seal: str
    locked_at: str
    number: int
    entry: str
    reason: str | None

    def state(self) -> ProtocolState:
        """Return what a report says of it; a replay says the same."""
        return ProtocolState(
            verdict=LOCKED_BEFORE,
            hypothesis=self.plan.hypothesis,
            metric=self.plan.metric,
            seal=self.seal,
            locked_at=self.locked_at,
            outcome_in_file_when_locked=self.plan.outcome_in_file,
            versions_when_locked=dict(self.plan.versions),
            look=self.number,
            entry=self.entry,
            reason=self.reason,
        )


def lock(path: Path, plan: SealedPlan) -> str:
    """Write a new protocol file and return the digest that is to be deposited elsewhere.

    Parameters
    ----------
    path
        The file; one that is there is refused, since it may be another study's.
    plan
        What is sealed.

    Raises
    ------
    DataError
        There is something of that name.
    EnvironmentFault
        It can't be written.
    """
    with waiting_lock(_lock_file(path)):
        if path.exists() or path.is_symlink():
            raise DataError(
                f"--out {path}: there is a file of this name, and a protocol is never replaced; name a new one"
            )
        protocol = new_protocol(plan)
        write_protocol(path, protocol)
    return protocol.chain[0].digest


def unlock(path: Path, reason: str) -> ProtocolFile:
    """Record why another look at the test set is wanted, which lets one more evaluation open it.

    Parameters
    ----------
    path
        The protocol file.
    reason
        A sentence that stands in the chain and in the next report.

    Returns
    -------
    protocol
        As it was written.

    Raises
    ------
    DataError
        The file is no protocol or was altered, or no look has been taken that would have to be repeated.
    EnvironmentFault
        It can't be written.
    """
    with waiting_lock(_lock_file(path)):
        protocol = read_protocol(path)
        if _state(protocol) not in ("opened", "reported"):
            raise DataError(
                f"{path.name}: the test set is not opened yet, or a look is recorded that nobody took; evaluate with --protocol first"
            )
        protocol = appended(protocol, "unlocked", reason=reason)
        write_protocol(path, protocol)
    return protocol


def open_look(
    path: Path, data: SealedData, folds: str | None, outcome: str, *, words: SealedWords = OF_SPECTRA
) -> Look:
    """Compare data and folds with those that were sealed, and write the look into the chain.

    An evaluation that was interrupted, so that its look is open still, goes on with the same look.

    Parameters
    ----------
    path
        The protocol file.
    data
        The digests of what is about to be tested.
    folds
        The digest of the split file that is repeated, None without one.
    outcome
        The digest of the outcome.
    words
        What the data are called.

    Raises
    ------
    DataError
        Something differs, which is named, or the test set was opened before.
    EnvironmentFault
        The look can't be written, so nothing is shown.
    """
    with waiting_lock(_lock_file(path)):
        protocol = read_protocol(path)
        refuse_differences(path.name, _differences(protocol.plan, data, folds, words))
        state, last = _state(protocol), _opening(protocol)
        if state == "opened" and last is not None and protocol.chain[last].outcome == outcome:
            return look_at(path, protocol, last)
        if state in ("opened", "reported"):
            raise DataError(
                f"{path.name}: the test set was opened before, and it opens once. --replay with that run's report.json repeats it; spectra-dl unlock "
                f"{path.name} --reason '...' records another look"
            )
        protocol = appended(protocol, "opened", outcome=outcome)
        write_protocol(path, protocol)
    return look_at(path, protocol, len(protocol.chain) - 1)


def replay_look(
    path: Path, data: SealedData, folds: str | None, entry: str, *, words: SealedWords = OF_SPECTRA
) -> Look:
    """Return an earlier look, which a replayed run repeats, and write into the chain that it was repeated.

    Parameters
    ----------
    path, data, folds
        As in `open_look`.
    entry
        The digest of the entry that opened it, as the report says.
    words
        As in `open_look`.

    Raises
    ------
    DataError
        Something differs, which is named, or there was no such look.
    EnvironmentFault
        It can't be written.
    """
    with waiting_lock(_lock_file(path)):
        protocol = read_protocol(path)
        refuse_differences(path.name, _differences(protocol.plan, data, folds, words))
        known = [each.number for each in protocol.chain if each.event == "opened" and each.digest == entry]
        if not known:
            raise DataError(
                f"{path.name}: its chain holds no look {entry[:16]:.16}, which the replayed report names; take the protocol of that run"
            )
        write_protocol(path, appended(protocol, "replayed", reason=f"look of entry {known[0]}"))
    return look_at(path, protocol, known[0])


def close_look(look: Look, *, report: str | None = None, refused: str | None = None) -> str:
    """Write into the chain how a look ended, and return the digest of the chain's last entry.

    Parameters
    ----------
    look
        The look.
    report
        The SHA-256 of the report.json that was written, None where none was.
    refused
        Why nothing could be evaluated; None where something was.

    Raises
    ------
    DataError
        The file is no longer the one that the look was written into.
    EnvironmentFault
        It can't be written.
    """
    with waiting_lock(_lock_file(look.path)):
        protocol = read_protocol(look.path)
        if _state(protocol) == "opened":
            reason = refused[:_LONGEST_REASON] if refused else None
            protocol = appended(protocol, "refused" if reason else "reported", report=report, reason=reason)
            write_protocol(look.path, protocol)
        return protocol.chain[-1].digest


def look_at(path: Path, protocol: ProtocolFile, opening: int) -> Look:
    """Return the look that an entry of the chain opened.

    Parameters
    ----------
    path
        The protocol file.
    protocol
        What it holds.
    opening
        The entry's number.
    """
    chain = protocol.chain
    until = [entry.event for entry in chain[: opening + 1]]
    number = until.count("opened") - until.count("refused")
    reasons = [entry.reason for entry in chain[:opening] if entry.event == "unlocked"]
    return Look(
        path,
        protocol.plan,
        chain[0].digest,
        chain[0].when,
        number,
        chain[opening].digest,
        reasons[-1] if reasons else None,
    )


def refuse_differences(name: str, differences: list[str]) -> None:
    """Refuse an evaluation that is not the one that was sealed.

    Parameters
    ----------
    name
        The protocol file's name.
    differences
        Each by name; empty where there is none.

    Raises
    ------
    DataError
        There are some.
    """
    if differences:
        raise DataError(
            f"{name}: this is not what was sealed: {first_few(differences, at_most=4, longest=120)}. Evaluate what was sealed, or leave --protocol out: the report then says "
            f"{NOT_LOCKED!r}"
        )


def option_differences(sealed: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Return the options that differ from those that were sealed, by name.

    Parameters
    ----------
    sealed
        Options by name.
    now
        Those of the evaluation; what was not typed stands as it was sealed.
    """
    return [
        f"--{name.replace('_', '-')}: {printable(str(sealed.get(name)))} sealed, {printable(str(now[name]))} now"
        for name in now
        if name not in sealed or now[name] != sealed[name]
    ]


def _differences(plan: SealedPlan, now: SealedData, folds: str | None, words: SealedWords) -> list[str]:
    sealed = plan.data
    gone, new = sorted(sealed.patients.keys() - now.patients), sorted(now.patients.keys() - sealed.patients)
    shared = sealed.patients.keys() & now.patients.keys()
    other = sorted(name for name in shared if sealed.patients[name] != now.patients[name])
    found = [
        f"{what} {first_few(map(printable, names))}"
        for names, what in (
            (other, f"other {words.rows} of"),
            (gone, "missing patients"),
            (new, "additional patients"),
        )
        if names
    ]
    if sealed.axis != now.axis:
        found.append(words.axis)
    if not found and (sealed.order, sealed.rows) != (now.order, now.rows):
        found.append(f"the order of the {words.rows}")
    if sealed.groups != now.groups:
        found.append("the column of --split-by")
    if plan.folds != folds:
        found.append("the folds of --folds-from")
    return found


def _state(protocol: ProtocolFile) -> str:
    """Return the last event that is no replay."""
    return next(entry.event for entry in reversed(protocol.chain) if entry.event != "replayed")


def _opening(protocol: ProtocolFile) -> int | None:
    return next((entry.number for entry in reversed(protocol.chain) if entry.event == "opened"), None)


def _lock_file(path: Path) -> Path:
    return path.with_name(f".{path.name[:200]}.lock")
