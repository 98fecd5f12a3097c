"""What is said of a study of several blocks: in STUDY.toml, or by options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.clinical.reader import StatedColumn
from spectra_dl.fusion.estimators.model_names import BlockKind, OutcomeKind, models_of

MOST_BLOCKS = 4  # fifteen fusions say what each of four adds
_PREDICTED = {"classes": "", "number": " for a number", "survival": " for the time to an event"}


@dataclass(frozen=True)
class StatedOutcome:
    """What is predicted where it is no class.

    Attributes
    ----------
    target
        Column of a number per patient, in one of the blocks or several.
    time, event
        Columns of how long each patient was followed, and 1 where the event came then.

    Raises
    ------
    UsageError
        A time without its event, or a number and a time.
    """

    target: str | None = None
    time: str | None = None
    event: str | None = None

    def __post_init__(self) -> None:
        if (self.time is None) != (self.event is None):
            raise UsageError(
                "time and event go together: how long a patient was followed, and whether the event came"
            )
        if self.time is not None and self.target is not None:
            raise UsageError("target is a number, time and event the time to an event; leave one out")

    @property
    def kind(self) -> OutcomeKind:
        """Classes where nothing else is asked for."""
        return "number" if self.target is not None else "classes" if self.time is None else "survival"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns named."""
        return tuple(name for name in (self.target, self.time, self.event) if name is not None)


@dataclass(frozen=True)
class StatedBlock:
    """A block of data of patients.

    Attributes
    ----------
    name
        As reports write it.
    kind
        ``"spectra"``, ``"tissue"`` or ``"clinical"``.
    path
        The file or folder.
    model
        By name, see `spectra_dl.fusion.estimators.model_names.models_of`; nothing takes a cheap one.
    patient
        Column of the ids; None takes the study's.
    sheet
        Of spectra: the sample sheet.
    encoders
        Of tissue: what turns images into features.
    columns
        Of a clinical block: what is said of columns, which are then the only ones; None takes all.
    outcome
        What the model predicts.

    Raises
    ------
    UsageError
        There is no such model of this kind.
    """

    name: str
    kind: BlockKind
    path: Path
    model: str = ""
    patient: str | None = None
    sheet: Path | None = None
    encoders: tuple[str, ...] = ("colour-texture",)
    columns: Mapping[str, StatedColumn] | None = None
    outcome: OutcomeKind = "classes"

    def __post_init__(self) -> None:
        known, default = models_of(self.outcome, self.kind)
        object.__setattr__(self, "model", self.model or default)
        if self.model not in known:
            raise UsageError(
                f"block {self.name!r:.60}: no model of {self.kind}{_PREDICTED[self.outcome]} is called {self.model!r:.60}; choose from {', '.join(known)}"
            )

    @property
    def files(self) -> tuple[Path, ...]:
        """What is read."""
        return (self.path, *([self.sheet] if self.sheet else []))


@dataclass(frozen=True)
class StatedStudy:
    """A study of several blocks.

    Attributes
    ----------
    blocks
        One to four, each of another name.
    label
        Column of the classes, in one of the blocks or several; None where classes are not asked for. Beside another outcome it is no feature.
    patient
        Column of the ids; None takes ``patient_id`` or ``patient``.
    positive
        The class whose sensitivity is reported.
    patients
        How many patients have all blocks, at least; None where nobody said.
    file
        The study file; None where options said it all.
    outcome
        What is predicted in place of classes.

    Raises
    ------
    UsageError
        No blocks, too many, two of one name, or one column that is named for two things.
    """

    blocks: tuple[StatedBlock, ...]
    label: str | None = None
    patient: str | None = None
    positive: str | None = None
    patients: int | None = None
    file: Path | None = field(default=None)
    outcome: StatedOutcome = field(default_factory=StatedOutcome)

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if not 0 < len(names) <= MOST_BLOCKS or len(set(names)) < len(names):
            raise UsageError(
                f"blocks {first_few(names) or 'none'}: give 1 to {MOST_BLOCKS}, each of another name"
            )
        taken = [name for name in (self.label, self.patient, *self.outcome.columns) if name is not None]
        if twice := [name for name in taken if taken.count(name) > 1]:
            raise UsageError(
                f"column {twice[0]!r:.60} is named for two things of label, patient, target, time and event"
            )
        self._refuse_outcomes_as_features()

    def _refuse_outcomes_as_features(self) -> None:
        """Refuse a block whose columns are said to hold what is predicted."""
        for block in self.blocks:
            if named := [name for name in self.outcome.columns if name in (block.columns or {})]:
                raise UsageError(
                    f"block {block.name!r:.60}: {named[0]!r:.60} is what is predicted, and it stands among the columns that models are given; take it out of "
                    "the block's columns"
                )

    @property
    def files(self) -> tuple[Path, ...]:
        """All that is read, the study file first."""
        own = (self.file,) if self.file else ()
        return (*own, *(path for block in self.blocks for path in block.files))

    @property
    def source(self) -> str:
        """What the study is called in a model file; no path."""
        return self.file.name if self.file else ", ".join(block.path.name for block in self.blocks)


def printable(name: str) -> str:
    """Return a block's name, which files and terminals repeat.

    Raises
    ------
    ValueError
        It has control characters.
    """
    if not name.isprintable():
        raise ValueError("a block's name has control characters")
    return name
