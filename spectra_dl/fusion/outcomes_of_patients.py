"""What came of the patients of a study of several blocks: one number each, or one time and event, whichever files say it."""

from collections.abc import Mapping, Sequence
from typing import Any

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.outcomes.survival.values import Survival, read_survival
from spectra_dl.evaluation.outcomes.values import Outcomes, read_outcomes
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.readers.blocks import ReadBlock
from spectra_dl.fusion.readers.stated import StatedOutcome

Known = Mapping[str, Mapping[str, str]]


def known_outcomes(
    blocks: Sequence[ReadBlock], people: Sequence[Sequence[str]], outcome: StatedOutcome
) -> Known:
    """Return of each column what it says of each patient, in which all blocks agree.

    Parameters
    ----------
    blocks
        As they were read.
    people
        Whose each row of each block is.
    outcome
        The columns.

    Raises
    ------
    UsageError
        No block has a column.
    DataError
        A patient has two of one.
    """
    return {column: _known(blocks, people, column) for column in outcome.columns}


def _known(blocks: Sequence[ReadBlock], people: Sequence[Sequence[str]], column: str) -> dict[str, str]:
    said: dict[str, dict[str | float, str]] = {}
    first: dict[str, str] = {}
    if not any(column in block.outcomes for block in blocks):
        raise UsageError(
            f"no block has a column {column!r:.80} of what is predicted; correct target, time and event in the study file, or the option"
        )
    for block, names in zip(blocks, people, strict=True):
        for name, cell in zip(names, block.outcomes.get(column, ()), strict=False):
            if cell:
                said.setdefault(name, {}).setdefault(_comparable(str(cell)), block.name)
                first.setdefault(name, str(cell))
    refuse_several(said, f"{column!r:.60}")
    return first


def refuse_several(said: Mapping[str, Mapping[Any, str]], what: str) -> None:
    """Refuse patients of whom blocks say different things.

    Parameters
    ----------
    said
        Of each patient, by value, a block that says it.
    what
        What one patient has one of, for the message.

    Raises
    ------
    DataError
        A patient has two.
    """
    several = {name: values for name, values in said.items() if len(values) > 1}
    if not several:
        return
    listed = first_few(
        (
            f"{name} ({' and '.join(f'{value} in {block}' for value, block in values.items())})"
            for name, values in several.items()
        ),
        at_most=3,
        longest=160,
    )
    raise DataError(
        f"{len(several)} patients have more than one {what}: {listed}; a patient has one: correct the files"
    )


def _comparable(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def with_outcome(everybody: Sequence[str], known: Known) -> tuple[list[str], list[str]]:
    """Return the patients of whom all is known, and a note on the others.

    Parameters
    ----------
    everybody
        Patients who have a block.
    known
        From `known_outcomes`.
    """
    unknown = [name for name in everybody if any(name not in column for column in known.values())]
    kept = [name for name in everybody if name not in set(unknown)]
    columns = " and ".join(repr(column[:60]) for column in known)
    note = f"{len(unknown)} patients have no {columns} and were left out: {first_few(unknown)}"
    return kept, [note] if unknown else []


def read_came(everybody: Sequence[str], known: Known, outcome: StatedOutcome) -> Outcomes | Survival:
    """Return what came of patients, one row each.

    Parameters
    ----------
    everybody
        Sorted ids.
    known
        From `known_outcomes`.
    outcome
        The columns.

    Raises
    ------
    DataError
        Numbers are none or too few different ones, a time is not above 0, an event is neither 0 nor 1, or events are too few.
    """
    cells = [[of[name] for name in everybody] for of in known.values()]
    if outcome.target is not None:
        return read_outcomes(everybody, cells[0], column=outcome.target)
    times, events = tuple(known)
    return read_survival(everybody, *cells, columns=(times, events))
