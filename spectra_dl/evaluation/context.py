"""What a modality gives to the reports: its words, and the facts that only it knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from spectra_dl.evaluation.folds.split_file import RowNames

Status = Literal["reported", "partly", "not reported"]


@dataclass(frozen=True)
class Words:
    """What rows and targets are called in reports.

    Attributes
    ----------
    row, rows
        One and several, such as ``"spectrum"`` and ``"spectra"``.
    target
        What is predicted of a row where many numbers are, such as ``"gene"``.

    Examples
    --------
    >>> Words("spectrum", "spectra").rows
    'spectra'
    """

    row: str = "row"
    rows: str = "rows"
    target: str = "target"


@dataclass(frozen=True)
class ReportContext:
    """What a modality adds to a report.

    Attributes
    ----------
    words
        What rows and targets are called.
    answers
        Status and text by item of the reporting list (TRIPOD+AI), where only the modality knows them.
    methods
        Sentences for the methods paragraph: how rows were made ready.
    references
        Where the modality's methods are described.
    rows
        What rows are called in the input; they are counted if None.

    Examples
    --------
    >>> context = ReportContext(Words("tile", "tiles"), methods=("Tiles of 224 px were cut at 10x.",))
    >>> context.words.row
    'tile'
    """

    words: Words = Words()
    answers: Mapping[str, tuple[Status, str]] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    rows: RowNames | None = None
