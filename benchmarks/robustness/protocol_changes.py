"""Change one thing in the data, the folds, the options or the chain of a locked study, 1,000 times: each must be refused by name, and no look be taken.

Run: ``python benchmarks/robustness/protocol_changes.py [HOW_MANY] [SEED]``. Each change goes through the command ``evaluate spectra --protocol`` in this process. What is not refused, is
refused without the name of what differs, or writes a look is printed, and the command ends with 1.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import contextlib
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import click
import numpy as np

from spectra_dl.errors import SpectraDLError
from spectra_dl.evaluation.folds.split_file import RowNames, split_text
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl_cli.main import cli

COLUMNS = ("sample_id", "patient_id", "label", "session", "dose")
Cells = list[list[str]]
OTHER_OPTIONS = (
    *("--folds 4", "--folds 6", "--repeats 2", "--repeats 5", "--seed 1", "--seed 77", "--models pls-da", "--models logistic,svm"),
    *("--members 3", "--epochs 2", "--crop 500 1500", "--crop 450 1600", "--despike none", "--despike 9", "--baseline arpls", "--baseline none"),
    *("--lam 1e4", "--lam 1e6", "--normalise vector", "--normalise none", "--threshold 0.9", "--threshold 0.95", "--coverage 0.8"),
    *("--interval bca", "--null-refits 40", "--positive x", "--tune", "--label-per-sample", "--no-leaky", "--patient sample_id"),
    *("--label session", "--batch session", "--replicates 2", "--laser 785", "--target dose", "--sample-id label", "--split-by session"),
)  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A locked study in a folder: ``folds.csv``, and a protocol with it and one without."""

    folder: Path
    cells: Cells
    command = "spectra"
    other_options = OTHER_OPTIONS

    def unchanged(self) -> Path:
        """Write what was locked and return its path."""
        return self.write(self.cells)

    def write(self, cells: Cells) -> Path:
        """Write a table of spectra and return its path."""
        path = self.folder / "changed.csv"
        path.write_text("\n".join(",".join(row) for row in cells) + "\n")
        return path


class AnyStudy(Protocol):
    """What a locked study of any kind of data has: its folder, the command that evaluates it, and options that were not sealed."""

    folder: Path
    command: str
    other_options: tuple[str, ...]

    def unchanged(self) -> Path:
        """Write what was locked and return its path."""


_Study = TypeVar("_Study", bound=AnyStudy)


def locked_study(folder: Path) -> Study:
    """Write a study of 12 patients with 2 spectra each, and lock it twice."""
    table = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=101, seed=3)).table
    assert table.patient is not None
    assert table.label is not None
    cells = [[*COLUMNS, *(f"{one:.1f}" for one in table.wavenumber)]]
    for row, spectrum in enumerate(table.intensity):
        who = (str(table.sample_id[row]), str(table.patient[row]), str(table.label[row]))
        cells.append([*who, f"s{row % 3}", f"{row // 2}.5", *(f"{value:.4f}" for value in spectrum)])
    study = Study(folder, cells)
    folds = patient_folds(table.patient, table.label, folds=3, seed=9)
    names = RowNames.counted(len(table), table.sample_id)
    (folder / "folds.csv").write_text(split_text(folds, table.patient, names))
    data = study.write(cells)
    for name, how in (
        ("plain.json", ["--folds", "3"]),
        ("split.json", ["--folds-from", str(folder / "folds.csv")]),
    ):
        out = ["--hypothesis", "AUC above .8", "--models", "logistic", "--out", str(folder / name)]
        said(["lock", str(data), "--label", "label", *how, *out])
    return study


def said(words: list[str]) -> str:
    """Run the command and return how it refused, or an empty text where it did not."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            cli.main(words, prog_name="spectra-dl", standalone_mode=False)
        except SpectraDLError as err:
            return str(err)
        except click.ClickException as err:
            return err.format_message()
    return ""


def changed_data(study: Study, generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the words of an evaluation of other spectra, what was changed and what the refusal must name."""
    cells = [list(row) for row in study.cells]
    row, other = (int(one) for one in generator.choice(np.arange(1, len(cells)), 2, replace=False))
    while cells[other][1] == cells[row][1]:
        other = 1 + other % (len(cells) - 1)
    column = int(generator.integers(len(COLUMNS), len(cells[0])))
    kind = generator.choice(["value", "swap", "drop", "patient", "sample", "axis", "copy", "exchange"])
    names = cells[row][1]
    if kind == "value":
        cells[row][column] = f"{float(cells[row][column]) + generator.choice([-1e-4, 1e-4]):.4f}"
    elif kind == "swap":
        cells[row], cells[other], names = cells[other], cells[row], "the order of the spectra"
    elif kind == "drop":
        del cells[row]
    elif kind == "patient":
        cells[row][1] = cells[other][1]
    elif kind == "sample":
        cells[row][0] += "x"
    elif kind == "axis":
        cells[0][column], names = f"{float(cells[0][column]) + 0.2:.1f}", "another wavenumber axis"
    elif kind == "copy":
        cells.append([f"{cells[row][0]}again", *cells[row][1:]])
    else:
        for at in range(len(COLUMNS), len(cells[0])):
            cells[row][at], cells[other][at] = cells[other][at], cells[row][at]
    return evaluation(study, "plain.json", study.write(cells)), f"data: {kind} in row {row}", names


def changed_folds(study: "AnyStudy", generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the same of other folds."""
    lines = (study.folder / "folds.csv").read_text().splitlines()
    kind = generator.choice(["fold", "order", "missing", "none"])
    line, other = (int(one) for one in generator.choice(np.arange(1, len(lines)), 2, replace=False))
    if kind == "fold":
        *start, fold = lines[line].split(",")
        lines[line] = ",".join([*start, str(1 + int(fold) % 3)])
    elif kind == "order":
        lines[line], lines[other] = lines[other], lines[line]
    elif kind == "missing":
        del lines[line]
    path = study.folder / "other.csv"
    path.write_text("\n".join(lines) + "\n")
    words = evaluation(study, "split.json")
    return (
        words if kind == "none" else [*words, "--folds-from", str(path)],
        f"folds: {kind} at line {line}",
        "--folds-from",
    )


def changed_options(study: "AnyStudy", generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the same of another option."""
    option = str(generator.choice(study.other_options))
    words = evaluation(study, "plain.json")
    return [*words, *option.split()], f"option {option}", option.split()[0]


def changed_protocol(study: "AnyStudy", generator: np.random.Generator) -> tuple[list[str], str, str]:
    """Return the same of a protocol file with another byte, value or chain."""
    text = (study.folder / "opened.json").read_text()
    kind = generator.choice(["byte", "value", "entry"])
    if kind == "byte":
        at, sign = int(generator.integers(len(text))), chr(int(generator.integers(32, 127)))
        text = text[:at] + (sign if sign != text[at] else "~") + text[at + 1 :]
    else:
        content = json.loads(text)
        (_other_value if kind == "value" else _other_chain)(content, generator)
        text = json.dumps(content, indent=1) + "\n"
    path = study.folder / "altered.json"
    path.write_text(text)
    return evaluation(study, path.name), f"protocol: {kind}", "altered.json"


def _other_value(content: dict[str, dict[str, object]], generator: np.random.Generator) -> None:
    name = str(generator.choice(["hypothesis", "metric", "outcome_in_file", "folds", "options", "data"]))
    options = content["plan"]["options"]
    assert isinstance(options, dict)
    if name == "options":
        options[str(generator.choice(sorted(options)))] = int(generator.integers(1 << 30))
    else:
        content["plan"][name] = {"hypothesis": "AUC above .7", "metric": "mcc", "outcome_in_file": False}.get(
            name
        )


def _other_chain(content: dict[str, list[dict[str, object]]], generator: np.random.Generator) -> None:
    chain = content["chain"]
    at = int(generator.integers(len(chain)))
    kind = generator.choice(["drop", "copy", "swap", "event", "when", "reason"])
    if kind == "drop":
        del chain[-2 if at == len(chain) - 1 else at]
    elif kind == "copy":
        chain.insert(at, chain[at])
    elif kind == "swap":
        chain[at], chain[at - 1] = chain[at - 1], chain[at]
    else:
        chain[at][str(kind)] = {"event": "refused", "when": "2020-01-01T00:00:00Z", "reason": "another"}[
            str(kind)
        ]


def evaluation(study: "AnyStudy", protocol: str, data: Path | None = None) -> list[str]:
    """Return the words that evaluate what a protocol in the study's folder sealed."""
    given = str(data or study.unchanged())
    return ["evaluate", study.command, given, "--quiet", "--protocol", str(study.folder / protocol)]


Change = Callable[["AnyStudy", np.random.Generator], tuple[list[str], str, str]]
KINDS: tuple[Change, ...] = (
    changed_data,
    changed_folds,
    changed_options,
    changed_protocol,
)


def fault_of(
    study: "AnyStudy", number: int, generator: np.random.Generator, kinds: Sequence[Change] = KINDS
) -> tuple[str, str]:
    """Return the kind of a change, and what was wrong with how it was met; nothing if it was refused by name without a look."""
    kind = kinds[number % len(kinds)]
    before = {path.name: path.read_bytes() for path in study.folder.glob("*.json")}
    words, what, names = kind(study, generator)
    before["altered.json"] = (
        (study.folder / "altered.json").read_bytes()
        if "altered" in words[-1]
        else before.get("altered.json", b"")
    )
    sentence = said(words)
    after = {path.name: path.read_bytes() for path in study.folder.glob("*.json")}
    if not sentence:
        return kind.__name__, f"not refused: {what}"
    if any(after[name] != content for name, content in before.items() if name in after):
        return kind.__name__, f"a look was written: {what}"
    return kind.__name__, "" if names in sentence else f"refused without naming {names}: {what}: {sentence}"


def opened_study(folder: Path) -> Study:
    """Return a locked study whose test set is opened once, in a third protocol, and where the same again is refused."""
    return opened(locked_study(folder))


def opened(study: _Study) -> _Study:
    """Return a locked study after a copy of its protocol was opened once, and refused the same again."""
    (study.folder / "opened.json").write_bytes((study.folder / "plain.json").read_bytes())
    words = evaluation(study, "opened.json")
    assert not said(words)
    assert "opens once" in said(words)
    return study


def replays_alike(study: "AnyStudy") -> bool:
    """Return whether a replayed locked run writes the same report."""
    runs = [study.folder / name for name in ("first", "again")]
    words = evaluation(study, "plain.json")
    assert not said([*words, "--out", str(runs[0])])
    assert not said([*words, "--replay", str(runs[0] / "report.json"), "--out", str(runs[1])])
    first, again = ((run / "report.json").read_bytes() for run in runs)
    return first == again


def main(make: "Callable[[Path], AnyStudy]" = opened_study, kinds: Sequence[Change] = KINDS) -> int:
    """Print how the changes were met; 1 if any was not refused by name."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    generator = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    refused = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        study = make(Path(folder))
        for number in range(many):
            kind, fault = fault_of(study, number, generator, kinds)
            refused[kind] += not fault
            if fault:
                print(fault, flush=True)
        alike = replays_alike(study)
    print(
        f"{refused.total()} of {many} refused by name: {', '.join(f'{name} {count}' for name, count in refused.items())}"
    )
    print(f"a replayed run writes {'the same bytes' if alike else 'OTHER BYTES'}")
    return int(refused.total() != many or not alike)


if __name__ == "__main__":
    sys.exit(main())
