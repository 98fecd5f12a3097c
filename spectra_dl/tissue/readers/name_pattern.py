"""Names that say what an image is, read by a pattern such as ``{label}___{patient}-{slide}-{x}-{y}``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.tissue.readers.stated import StatedImage, image_files

_FIELD = re.compile(r"\{([A-Za-z_]\w*)?\}")
_KNOWN = {"class": "label", "case": "patient"}
_SAID = ("label", "patient", "slide", "x", "y", "mpp", "side")
_NUMBERS = frozenset({"x", "y", "mpp", "side"})
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"


@dataclass(frozen=True)
class NamePattern:
    """A pattern of names.

    Attributes
    ----------
    text
        As it was typed.
    fields
        What its braces name, in order; empty for a part that is not read.
    longest, shortest
        Expressions in which each part is as long, or as short, as the parts behind it allow.
    """

    text: str
    fields: tuple[str, ...]
    longest: re.Pattern[str]
    shortest: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> "NamePattern":
        """Return the pattern of a text.

        Raises
        ------
        UsageError
            Braces don't close, a field stands twice, no text parts two of them, or neither class nor patient is named.

        Examples
        --------
        >>> NamePattern.of("{class}_{case}-{}").fields
        ('label', 'patient', '')
        """
        fields = tuple(_KNOWN.get(name or "", name or "") for name in _FIELD.findall(text))
        between = _FIELD.sub("\0", text).split("\0")
        named = [name for name in fields if name]
        if any(sign in part for part in between for sign in "{}"):
            raise UsageError(
                f"--name-pattern {text!r:.120}: a brace is open; write {{label}}, {{patient}}, {{}}"
            )
        if len(set(named)) != len(named):
            raise UsageError(f"--name-pattern {text!r:.120}: a field stands twice; name each once")
        if not all(between[1:-1]):
            raise UsageError(
                f"--name-pattern {text!r:.120}: no text parts two fields, so they can't be told apart; write it"
            )
        if "patient" not in named:
            raise UsageError(
                f"--name-pattern {text!r:.120}: it names no {{patient}}; without patients nothing can be evaluated"
            )
        return cls(text, fields, _expression(between, fields, ""), _expression(between, fields, "?"))

    def read(self, name: str) -> dict[str, str] | None:
        """Return what a path says by field; None where it doesn't match."""
        found = self.longest.fullmatch(self._looked_at(name))
        return None if found is None else self._said(found)

    def other_reading(self, name: str) -> dict[str, str] | None:
        """Return what a path would say if parts were as short as can be, where that is something else."""
        found = self.shortest.fullmatch(self._looked_at(name))
        said = None if found is None else self._said(found)
        return None if said == self.read(name) else said

    def _looked_at(self, name: str) -> str:
        path = PurePosixPath(name)
        return str(path.with_suffix("")) if "/" in self.text else path.stem

    def _said(self, found: re.Match[str]) -> dict[str, str]:
        return {name: part for name, part in zip(self.fields, found.groups(), strict=True) if name}


def read_by_pattern(folder: Path, text: str) -> tuple[list[StatedImage], tuple[str, ...]]:
    """Return the images of a folder with what their names say, and notes that show how names were read.

    A slide's name counts within its patient. Where parts may hold what parts them, as ``Case-3`` before ``-A15``, the first are as long
    as they can be.

    Parameters
    ----------
    folder
        Of the images.
    text
        The pattern. With ``/`` in it, it is of the path in the folder; without, of the file's name. ``{}`` is a part that is not read, and a field of
        another name is kept as a column.

    Raises
    ------
    UsageError
        It is no pattern.
    DataError
        A name doesn't match.
    """
    pattern, names = NamePattern.of(text), image_files(folder)
    read = {name: pattern.read(name) for name in names}
    if lost := [name for name, said in read.items() if said is None]:
        raise DataError(
            f"{folder.name}: {len(lost)} of {len(names)} names don't match --name-pattern {text!r:.120}: {first_few(lost, at_most=3)}; "
            "correct it, or leave these files out"
        )
    images = []
    for name, said in read.items():
        said = dict(said or {})
        if "slide" in said:
            said["slide"] = f"{said['patient']}/{said['slide']}"
        known = {field: part for field, part in said.items() if field in _SAID}
        images.append(StatedImage(name, name, known, {key: said[key] for key in said if key not in _SAID}))
    return images, _notes(pattern, images)


def _notes(pattern: NamePattern, images: Sequence[StatedImage]) -> tuple[str, ...]:
    first = images[0]
    parts = ", ".join(f"{field} {part!r:.60}" for field, part in {**first.said, **first.other}.items())
    notes = [f"names were read by {pattern.text!r:.120}; {first.name!r:.120} is {parts}"]
    for field in ("label", "patient", "slide"):
        if values := sorted({image.said[field] for image in images if field in image.said}):
            notes.append(f"{len(values)} values of {field}: {first_few(values, at_most=8)}")
    unsure = [(image.name, other) for image in images if (other := pattern.other_reading(image.name))]
    if unsure:
        name, other = unsure[0]
        notes.append(
            f"{len(unsure)} names could be cut in another way, such as {name!r:.120} into {', '.join(f'{key} {part!r:.40}' for key, part in other.items())}; "
            "if that is meant, give a sheet"
        )
    return tuple(notes)


def _expression(between: Sequence[str], fields: Sequence[str], lazy: str) -> re.Pattern[str]:
    parts = [re.escape(between[0])]
    for field, literal in zip(fields, between[1:], strict=True):
        parts.append(f"({_NUMBER if field in _NUMBERS else f'.+{lazy}'}){re.escape(literal)}")
    return re.compile("".join(parts))
