"""What is said of a study of several blocks: in STUDY.toml, or by options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spectra_dl.errors import UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.fusion.clinical.reader import StatedColumn
from spectra_dl.fusion.estimators.model_names import DEFAULTS, MODELS, BlockKind

MOST_BLOCKS = 4  # fifteen fusions say what each of four adds


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
        By name, see `spectra_dl.fusion.estimators.model_names.MODELS`; nothing takes a cheap one.
    patient
        Column of the ids; None takes the study's.
    sheet
        Of spectra: the sample sheet.
    encoders
        Of tissue: what turns images into features.
    columns
        Of a clinical block: what is said of columns, which are then the only ones; None takes all.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", self.model or DEFAULTS[self.kind])
        if self.model not in MODELS[self.kind]:
            raise UsageError(
                f"block {self.name!r:.60}: no model of {self.kind} is called {self.model!r:.60}; choose from {', '.join(MODELS[self.kind])}"
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
        Column of the classes, in one of the blocks or several; None where classes are not asked for.
    patient
        Column of the ids; None takes ``patient_id`` or ``patient``.
    positive
        The class whose sensitivity is reported.
    patients
        How many patients have all blocks, at least; None where nobody said.
    file
        The study file; None where options said it all.

    Raises
    ------
    UsageError
        No blocks, too many, or two of one name.
    """

    blocks: tuple[StatedBlock, ...]
    label: str | None = None
    patient: str | None = None
    positive: str | None = None
    patients: int | None = None
    file: Path | None = field(default=None)

    def __post_init__(self) -> None:
        names = [block.name for block in self.blocks]
        if not 0 < len(names) <= MOST_BLOCKS or len(set(names)) < len(names):
            raise UsageError(
                f"blocks {first_few(names) or 'none'}: give 1 to {MOST_BLOCKS}, each of another name"
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
