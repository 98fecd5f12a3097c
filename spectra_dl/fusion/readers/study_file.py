"""STUDY.toml: a closed schema, and paths that stay in its folder."""

import os
import tomllib
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from spectra_dl.errors import DataError, UnsafeError, UsageError
from spectra_dl.fusion.clinical.reader import StatedColumn, StatedKind
from spectra_dl.fusion.estimators.model_names import MODELS, BlockKind, OutcomeKind
from spectra_dl.fusion.readers.stated import StatedBlock, StatedOutcome, StatedStudy, printable
from spectra_dl.storage.text.plain_text import read_text

_LARGEST = 1 << 20  # bytes
_WHAT = "a study file in TOML, see docs/fusion.md"
_OF_KIND = {"sheet": "spectra", "encoders": "tissue", "columns": "clinical"}

Name = Annotated[str, Field(min_length=1, max_length=200)]
PathText = Annotated[str, Field(min_length=1, max_length=1_000)]


class _Part(BaseModel):
    """A table of the file, of which nothing is unknown or converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Column(_Part):
    """What is said of a clinical column."""

    kind: StatedKind | None = None
    levels: list[Name] = Field(default=[], max_length=1_000)
    unit: str = Field(default="", max_length=40)
    known_before: bool | None = None


class _Block(_Part):
    """A block."""

    path: PathText
    kind: BlockKind | None = None
    model: Name | None = None
    patient: Name | None = None
    sheet: PathText | None = None
    encoders: list[Name] | None = Field(default=None, min_length=1, max_length=20)
    columns: dict[Name, _Column] | None = Field(default=None, min_length=1, max_length=1_000)


class _Study(_Part):
    """The whole file."""

    label: Name | None = None
    target: Name | None = None
    time: Name | None = None
    event: Name | None = None
    patient: Name | None = None
    positive: Name | None = None
    patients: int | None = Field(default=None, ge=1, le=10_000_000)
    blocks: dict[Annotated[Name, AfterValidator(printable)], _Block] = Field(min_length=1, max_length=20)


def read_study_file(path: Path, *, outcome: StatedOutcome | None = None) -> StatedStudy:
    """Read a study file.

    Parameters
    ----------
    path
        The file.
    outcome
        Predicted in place of what the file says.

    Raises
    ------
    DataError
        It is no TOML, something in it is not known or is missing, or a block's kind isn't said.
    UnsafeError
        A path leads out of the file's folder.
    UsageError
        There is no such model, there are too many blocks, or outcomes that don't go together.
    """
    try:
        said = _Study.model_validate(
            tomllib.loads(read_text(path, _WHAT, at_most=_LARGEST).removeprefix("\ufeff"))
        )
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise DataError(f"{path.name}: no TOML ({err!s:.120}); correct it, see docs/fusion.md") from err
    except ValidationError as err:
        raise DataError(f"{path.name}: {_problems(err)}; correct it, see docs/fusion.md") from err
    asked = outcome or StatedOutcome(said.target, said.time, said.event)
    blocks = tuple(_block(path, name, block, asked.kind) for name, block in said.blocks.items())
    return StatedStudy(blocks, said.label, said.patient, said.positive, said.patients, path, asked)


def _block(file: Path, name: str, said: _Block, outcome: OutcomeKind) -> StatedBlock:
    known = [kind for kind in MODELS if kind == name]
    kind = said.kind or (known[0] if known else None)
    if kind is None:
        kinds = " or ".join(f'"{each}"' for each in MODELS)
        raise DataError(f"{file.name}: block {name!r:.60} has no kind; say kind = {kinds}")
    for key, of_kind in _OF_KIND.items():
        if getattr(said, key) is not None and kind != of_kind:
            raise DataError(
                f"{file.name}: block {name!r:.60} is {kind}, and {key} is said of {of_kind} alone; leave it out"
            )
    return StatedBlock(
        name,
        kind,
        _inside(file, said.path),
        said.model or "",
        said.patient,
        sheet=None if said.sheet is None else _inside(file, said.sheet),
        **({} if said.encoders is None else {"encoders": tuple(said.encoders)}),
        columns=None
        if said.columns is None
        else {each: _column(file, each, column) for each, column in said.columns.items()},
        outcome=outcome,
    )


def _column(file: Path, name: str, said: _Column) -> StatedColumn:
    if said.levels and said.kind in ("numeric", "date"):
        raise DataError(
            f"{file.name}: column {name!r:.60} is {said.kind} and has levels; leave one of them out"
        )
    if len(set(said.levels)) < len(said.levels):
        raise DataError(f"{file.name}: column {name!r:.60} has a level twice; name each once")
    return StatedColumn(said.kind, tuple(said.levels), said.unit, said.known_before)


def _inside(file: Path, text: str) -> Path:
    """Return a path that is named relative to the study file, and that stays in its folder with links followed."""
    folder, named = file.parent, PureWindowsPath(text)
    outside = bool(named.drive or named.root) or ".." in named.parts or "\x00" in text
    path = folder if outside else folder.joinpath(*named.parts)
    if outside or not path.resolve().is_relative_to(folder.resolve()):
        raise UnsafeError(
            f"{file.name}: path {text!r:.120} leads out of the study's folder; put files into it"
        )
    if not path.exists():
        raise DataError(f"{file.name}: there is no file or folder {text!r:.120}; correct the path")
    return path


def _problems(err: ValidationError) -> str:
    each: list[Any] = err.errors(include_input=False, include_url=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}"[:120] for one in each)


def study_of_options(
    *,
    spectra: Path | None,
    tissue: Path | None,
    clinical: Path | None,
    patient: str | None,
    label: str | None,
    positive: str | None,
    outcome: StatedOutcome | None = None,
) -> StatedStudy:
    """Return the study that options describe, each block with its default model.

    Parameters
    ----------
    spectra, tissue, clinical
        Files or folders; None leaves the block out.
    patient, label, positive
        As of `StatedStudy`.
    outcome
        Predicted in place of classes.

    Raises
    ------
    UsageError
        No block is named.
    """
    asked = outcome or StatedOutcome()
    named: dict[BlockKind, Path | None] = {"clinical": clinical, "spectra": spectra, "tissue": tissue}
    blocks = tuple(
        StatedBlock(kind, kind, path, outcome=asked.kind) for kind, path in named.items() if path is not None
    )
    if not blocks:
        raise UsageError("name a study file, or blocks with --spectra, --tissue and --clinical")
    return StatedStudy(blocks, label, patient, positive, outcome=asked)
