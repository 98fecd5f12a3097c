"""Change one thing in a locked study of several blocks, or of tissue images: each change must be refused by name, and no look be taken.

Run: ``python benchmarks/robustness/protocol_changes_of_patients.py [HOW_MANY] [SEED]``. As protocol_changes.py does of spectra, by ``evaluate fusion --protocol`` and
``evaluate tissue --protocol`` in this process.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import io
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from protocol_changes import Change, changed_options, changed_protocol, evaluation, main, opened, said

OPTIONS = {
    "fusion": ("--folds 3", "--folds 5", "--repeats 2", "--repeats 3", "--seed 1", "--seed 77", "--early-fusion", "--members 3", "--epochs 2"),
    "tissue": ("--folds 3", "--folds 5", "--repeats 2", "--repeats 3", "--seed 1", "--seed 77", "--models mlp", "--models pls-da", "--members 3", "--epochs 2"),
}  # fmt: skip
HOW = {
    "fusion": ("--folds", "2"),
    "tissue": ("--folds", "2", "--models", "logistic", "--no-leaky"),
}
STATEMENT = "another statement of blocks"
STATEMENTS = (
    ('path = "spectra.csv"', 'path = "spectra.csv"\nmodel = "svm"'),
    ('path = "spectra.csv"', 'path = "spectra.csv"\nmodel = "pls-da"'),
    ('path = "clinical.csv"', 'path = "clinical.csv"\nmodel = "gradient-boosting"'),
    ('"bone metastasis"', '"no metastasis"'),
)


@dataclass(frozen=True)
class Patients:
    """A locked study in a folder, with ``plain.json``, and its files as they were."""

    folder: Path
    command: str
    other_options: tuple[str, ...]
    files: dict[Path, bytes]

    @property
    def data(self) -> Path:
        """What is evaluated."""
        return next(path for path in self.files if path.name in ("study.toml", "images.csv"))

    def unchanged(self) -> Path:
        """Write all files as they were and return what is evaluated."""
        for path, content in self.files.items():
            if path.read_bytes() != content:
                path.write_bytes(content)
        return self.data


def locked_patients(command: str, folder: Path) -> Patients:
    """Return a simulated study whose protocol is opened once."""
    if command == "fusion":
        made = ["--fusion", "--patients", "20", "--spectra-per-patient", "1"]
    else:
        made = ["--tissue", "--patients", "6", "--tiles", "4"]
    assert not said(["simulate", str(folder / "data"), *made])
    files = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    study = Patients(folder, command, OPTIONS[command], {path: path.read_bytes() for path in files})
    sealed = ["--lock", str(folder / "plain.json"), "--hypothesis", "AUC above .6"]
    assert not said(["evaluate", command, str(study.data), *HOW[command], *sealed])
    return opened(study)


def changed_data(study: Patients, generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the words of an evaluation of other data, what was changed and what the refusal must name."""
    study.unchanged()
    what, names = (_other_blocks if study.command == "fusion" else _other_images)(study, generator)
    return evaluation(study, "plain.json", study.data), f"data: {what}", names


def _other_blocks(study: Patients, generator: np.random.Generator) -> tuple[str, str]:
    kind = str(generator.choice(["value", "drop", "patient", "exchange", "axis", "statement"]))
    if kind == "statement":
        text = study.data.read_text()
        there = [each for each in STATEMENTS if each[0] in text]
        old, new = there[int(generator.integers(len(there)))]
        study.data.write_text(text.replace(old, new, 1))
        return f"{kind} {new!r}", STATEMENT
    table = study.data.parent / (
        "spectra.csv" if kind == "axis" else str(generator.choice(["spectra.csv", "clinical.csv"]))
    )
    cells = [line.split(",") for line in table.read_text().splitlines()]
    numeric = [
        at for at, name in enumerate(cells[0]) if _is_number(name) or "(" in name
    ]  # intensities, and columns with a unit
    owner = cells[0].index("patient_id")
    column = int(generator.choice(numeric))
    row, other = (int(at) for at in generator.choice(np.arange(1, len(cells)), 2, replace=False))
    names = cells[row][owner]
    if kind == "value":
        old = cells[row][column] or "0"
        cells[row][column] = f"{float(old) + 0.1:.4f}"
    elif kind == "drop":
        del cells[row]
    elif kind == "patient":
        cells[row][owner] += "x"
    elif kind == "axis":
        cells[0][column], names = f"{float(cells[0][column]) + 0.2:.1f}", STATEMENT
    else:
        cells[row][owner], cells[other][owner] = cells[other][owner], cells[row][owner]
    table.write_text("\n".join(",".join(line) for line in cells) + "\n")
    return f"{kind} in row {row} of {table.name}", names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _other_images(study: Patients, generator: np.random.Generator) -> tuple[str, str]:
    lines = [line.split(",") for line in study.data.read_text().splitlines()]
    path, owner = (lines[0].index(name) for name in ("path", "patient"))
    row, other = (int(at) for at in generator.choice(np.arange(1, len(lines)), 2, replace=False))
    while lines[other][owner] == lines[row][owner]:
        other = 1 + other % (len(lines) - 1)
    names = lines[row][owner]
    kind = str(generator.choice(["pixel", "drop", "patient", "exchange"]))
    if kind == "pixel":
        file = study.data.parent / lines[row][path]
        pixels = np.asarray(Image.open(io.BytesIO(study.files[file]))).copy()
        at = tuple(int(generator.integers(size)) for size in pixels.shape)
        pixels[at] ^= 1
        Image.fromarray(pixels).save(file)
    elif kind == "drop":
        del lines[row]
    elif kind == "patient":
        lines[row][owner] += "x"
    else:
        lines[row][path], lines[other][path] = lines[other][path], lines[row][path]
    if kind != "pixel":
        study.data.write_text("\n".join(",".join(line) for line in lines) + "\n")
    return f"{kind} in row {row}", names


KINDS: tuple[Change, ...] = (changed_data, changed_options, changed_protocol)

if __name__ == "__main__":
    missed = 0
    for command in ("fusion", "tissue"):
        print(command, flush=True)
        missed += main(partial(locked_patients, command), KINDS)
    sys.exit(int(missed > 0))
