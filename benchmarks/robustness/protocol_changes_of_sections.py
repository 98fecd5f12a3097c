"""Change one thing in sections of tissue, their folds, the options or the chain of a locked study, 1,000 times: each must be refused by name, and no look be taken.

Run: ``python benchmarks/robustness/protocol_changes_of_sections.py [HOW_MANY] [SEED]``, as protocol_changes.py for spectra: through the command ``evaluate expression --protocol`` in this process, on a copy
of the sections in datasets/demo/tissue.
"""

import gzip
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from protocol_changes import (
    AnyStudy,
    Change,
    changed_folds,
    changed_options,
    changed_protocol,
    evaluation,
    main,
    opened,
    said,
)

DEMO = Path(__file__).resolve().parents[2] / "datasets" / "demo" / "tissue"
NAMES = ("SIM5-1", "SIM6-1")
OTHER_OPTIONS = (
    *("--genes 11", "--genes GENE1,GENE2", "--model pls", "--panel mean", "--group section", "--folds 2", "--seed 3", "--seed 77"),
    *("--encoder efficientnet-lite0", "--tile-um 60", "--tile-um 200", "--hest-exact", "--repeats 2", "--split-by batch", "--tune"),
    *("--bin-um 8", "--level slide"),
)  # fmt: skip


@dataclass(frozen=True)
class Sections:
    """A locked study of two sections in a folder: ``folds.csv``, and a protocol with it and one without."""

    folder: Path
    command = "expression"
    other_options = OTHER_OPTIONS

    def unchanged(self) -> Path:
        """Write what was locked and return its path."""
        for path in DEMO.iterdir():
            if path.suffix != ".safetensors":
                shutil.copyfile(path, self.folder / path.name)
        return self.folder / "sections.csv"


def locked_sections(folder: Path) -> Sections:
    """Write the sections, take the folds of an evaluation of them, lock twice, and open a copy."""
    study = Sections(folder)
    how = ["--quiet", "--genes", "6", "--model", "ridge", "--encoder", "colour-texture", "--no-leaky"]
    words = ["evaluate", "expression", str(study.unchanged()), *how]
    assert not said([*words, "--out", str(folder / "run")])
    shutil.copyfile(folder / "run" / "folds.csv", folder / "folds.csv")
    promise = ["--hypothesis", "r above .2"]
    assert not said([*words, *promise, "--lock", str(folder / "plain.json")])
    split = ["--folds-from", str(folder / "folds.csv")]
    assert not said([*words, *promise, *split, "--lock", str(folder / "split.json")])
    return opened(study)


def changed_sections(study: AnyStudy, generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the words of an evaluation of other sections, what was changed and what the refusal must name."""
    data, name = study.unchanged(), str(generator.choice(NAMES))
    kind = str(generator.choice(list(CHANGES)))
    return (
        evaluation(study, "plain.json", data),
        f"sections: {kind} of {name}",
        CHANGES[kind](study.folder, name, generator),
    )


def _count(folder: Path, name: str, generator: np.random.Generator) -> str:
    def other(cells: list[list[str]]) -> None:
        row, column = (int(generator.integers(1, size)) for size in (len(cells), len(cells[0])))
        cells[row][column] = str(int(cells[row][column]) + 1)

    return _rewritten(folder / f"{name}.tsv.gz", other, name)


def _gene(folder: Path, name: str, generator: np.random.Generator) -> str:
    def other(cells: list[list[str]]) -> None:
        cells[0][int(generator.integers(1, len(cells[0])))] += "B"

    return _rewritten(folder / f"{name}.tsv.gz", other, name)


def _place(folder: Path, name: str, generator: np.random.Generator) -> str:
    def other(cells: list[list[str]]) -> None:
        row = int(generator.integers(1, len(cells)))
        cells[row][2] = str(int(cells[row][2]) + 1)

    return _rewritten(folder / f"{name}_selection.tsv", other, name)


def _picture(folder: Path, name: str, generator: np.random.Generator) -> str:
    path = folder / f"{name}.jpg"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 + int(generator.integers(len(content) // 4))] ^= 1
    path.write_bytes(content)
    return f"other sections of {name.partition('-')[0]}"


def _patient(folder: Path, name: str, generator: np.random.Generator) -> str:
    return _in_sheet(
        folder, f",{name.partition('-')[0]},", f",SIM{generator.integers(7, 99)},", "missing patients"
    )


def _name(folder: Path, name: str, generator: np.random.Generator) -> str:
    return _in_sheet(
        folder,
        f",{name}\n",
        f",{name}{generator.integers(99)}\n",
        f"other sections of {name.partition('-')[0]}",
    )


def _order(folder: Path, name: str, generator: np.random.Generator) -> str:
    head, *rows = (folder / "sections.csv").read_text().splitlines()
    (folder / "sections.csv").write_text("\n".join([head, *reversed(rows)]) + "\n")
    return "the order of the sections"


def _missing(folder: Path, name: str, generator: np.random.Generator) -> str:
    rows = (folder / "sections.csv").read_text().splitlines()
    (folder / "sections.csv").write_text("\n".join(row for row in rows if name not in row) + "\n")
    return f"missing patients {name.partition('-')[0]}"


def _in_sheet(folder: Path, before: str, after: str, names: str) -> str:
    sheet = folder / "sections.csv"
    sheet.write_text(sheet.read_text().replace(before, after))
    return names


def _rewritten(path: Path, change: Callable[[list[list[str]]], None], name: str) -> str:
    packed = path.suffix == ".gz"
    text = gzip.decompress(path.read_bytes()).decode() if packed else path.read_text()
    cells = [line.split("\t") for line in text.splitlines()]
    change(cells)
    content = ("\n".join("\t".join(row) for row in cells) + "\n").encode()
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return f"other sections of {name.partition('-')[0]}"


CHANGES: dict[str, Callable[[Path, str, np.random.Generator], str]] = {
    "count": _count,
    "gene": _gene,
    "place": _place,
    "picture": _picture,
    "patient": _patient,
    "name": _name,
    "order": _order,
    "missing": _missing,
}
KINDS: tuple[Change, ...] = (changed_sections, changed_folds, changed_options, changed_protocol)

if __name__ == "__main__":
    sys.exit(main(locked_sections, KINDS))
