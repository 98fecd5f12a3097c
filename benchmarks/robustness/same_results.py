"""Run the same commands with two checkouts of the package, and list what differs in the files they write.

    git worktree add ../before 1e3edf2
    python benchmarks/robustness/same_results.py ../before . --work FOLDER [--serum original_covid_and_healthy_spectra.csv]

For a change of structure that must change no result: same machine, same environment, same inputs. Tensors, tables and h5ad files are
compared byte for byte, reports value by value. `RENAMED` says which keys changed their names, `NEW_LAYOUT` which may stand elsewhere in
the same document; sentences, checksums and versions may differ, and are counted. It ends with code 1 if a value differs or is missing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anndata
import numpy as np
from safetensors.numpy import load

COLUMNS = {"unlikeness": "ood_score"}
# Keys of 1.x and their names since format 2.
RENAMED = {
    **COLUMNS,
    "spectrum_level": "row_level",
    "leaky_spectrum_split": "leaky_estimate",
    "claims": "leaky_estimates",
    "pooled_claim": "pooled_estimate",
    "bands": "places",
    "mean_spectrum": "mean",
    "wavenumber": "axis",
    "inner_auc": "inner_scores",
    "spectra": "rows",
    "modality": "kind",  # of a model: stands in its part "input"
}
# Of this run, or of a header whose layout is another; the words for a row and a target are not a setting any more.
UNCOMPARED = {
    "versions",
    "command",
    "format_version",
    "sha256",
    "model_sha256",
    "weights_sha256",
    "path",
    "options",
    "words",
}
# Reports that hold a model's header: its parts moved into parts of their own, unchanged.
NEW_LAYOUT = ("train", "tissue_train")

SPECTRA = "demo/spectra.csv"
COHORT = ("--label", "label", "--patient", "patient_id")
QUICK = ("--members", "2", "--epochs", "4")
MODEL = "model.safetensors"


def commands(out: Path, serum: Path | None) -> dict[str, list[str]]:
    """Return the command lines by name; each writes into the folder of its name, or prints."""
    sections, slide = "demo/tissue/sections.csv", "demo/tissue/SIM5-1.tsv.gz"
    cohort = (SPECTRA, *COHORT)
    printed = {
        "predict_json": ["predict", SPECTRA, "--json"],
        "evaluate_json": ["evaluate", "spectra", *cohort, *QUICK, "--folds", "2", "--repeats", "2", "--json"],
    }
    written = {
        "predict": ["predict", SPECTRA],
        "train": ["train", "spectra", *cohort, *QUICK],
        "predict_trained": ["predict", SPECTRA, "--model", str(out / "train" / MODEL)],
        "evaluate": ["evaluate", "spectra", *cohort, *QUICK, "--folds", "3"],
        "evaluate_tuned": ["evaluate", "spectra", *cohort, *QUICK, "--folds", "2", "--tune"],
        "evaluate_batches": [
            *("evaluate", "spectra", "batches.csv", *COHORT, *QUICK),
            *("--batch", "batch", "--split-by", "batch"),
        ],
        "score": ["score", str(out / "predict" / "predictions.csv"), "--truth", *cohort],
        "audit": ["audit", *cohort],
        "tissue_predict": ["predict", slide, "--model", f"demo/tissue/{MODEL}"],
        "tissue_evaluate": ["evaluate", "expression", sections, "--genes", "12"],
        "tissue_train": ["train", "expression", sections, "--genes", "12", "--model", "ridge"],
        "tissue_train_network": [
            *("train", "expression", sections, "--genes", "6", "--model", "context"),
            *("--encoder", "colour-texture", "--tile-um", "112"),
        ],
        "tissue_predict_network": ["predict", slide, "--model", str(out / "tissue_train_network" / MODEL)],
        "ceiling": ["ceiling", slide],
        "simulate": ["simulate", str(out / "simulate"), "--patients", "10"],
    }
    if serum:
        raw = (str(serum.resolve()), "--label", "diagnostic", "--replicates", "3")
        written["evaluate_serum"] = ["evaluate", "spectra", *raw, "--members", "2", "--epochs", "10"]
        written["audit_serum"] = ["audit", *raw]
        written["preprocess_serum"] = ["preprocess", str(serum.resolve()), "--replicates", "3"]
    with_out = {
        name: line if line[0] == "simulate" else [*line, "--out", str(out / name)]
        for name, line in written.items()
    }
    return {**printed, **with_out}


def run_all(checkout: Path, inputs: Path, out: Path, serum: Path | None) -> None:
    """Run every command with a checkout's code, and keep what it writes, prints and returns."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    root = checkout.resolve()
    path = os.pathsep.join(str(root / part) for part in ("", "cli", "datasets"))
    for name, line in commands(out, serum).items():
        print(f"{checkout}: {name}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "spectra_dl_cli", *line],
            cwd=inputs,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        (out / f"{name}.code").write_text(str(done.returncode))
        suffix = ".json" if "--json" in line else ".stdout"
        (out / f"{name}{suffix}").write_text(done.stdout.replace(str(out), "OUT"))
        (out / f"{name}.stderr").write_text(done.stderr.replace(str(out), "OUT"))


def write_inputs(checkout: Path, inputs: Path) -> None:
    """Copy the demo and give its patients batches: neighbours share one, three in all."""
    shutil.rmtree(inputs, ignore_errors=True)
    shutil.copytree(checkout / "datasets" / "demo", inputs / "demo")
    header, *rows = (inputs / SPECTRA).read_text("utf-8").splitlines()
    patients = {patient: number for number, patient in enumerate(dict.fromkeys(map(_patient, rows)))}
    lines = [f"batch,{header}", *(f"{'ABC'[patients[_patient(row)] // 2 % 3]},{row}" for row in rows)]
    (inputs / "batches.csv").write_text("\n".join(lines) + "\n", "utf-8")


def _patient(row: str) -> str:
    return row.split(",")[1]


@dataclass
class Differences:
    """What two runs of the same command wrote differently."""

    values: list[str] = field(default_factory=list)
    words: int = 0

    def check(self, *, equal: bool, what: str) -> None:
        """Note a difference of values."""
        if not equal:
            self.values.append(what)

    def compare(self, before: Any, after: Any, where: str, moved: set[str]) -> None:
        """Compare two JSON documents, key by key; `after` may hold more.

        Parameters
        ----------
        before, after
            The documents.
        where
            The place, for the list.
        moved
            Keys with their values that may stand elsewhere.
        """
        if isinstance(before, dict) and isinstance(after, dict):
            for key, value in before.items():
                if key not in UNCOMPARED:
                    self._compare_key(key, value, after, f"{where}.{key}", moved)
        elif isinstance(before, list) and isinstance(after, list):
            self.check(equal=len(before) <= len(after), what=f"{where}: shorter")
            for number, (one, other) in enumerate(zip(before, after, strict=False)):
                self.compare(one, other, f"{where}[{number}]", moved)
        elif isinstance(before, str) and isinstance(after, str):
            self.words += before != after
        else:
            self.check(equal=before == after, what=f"{where}: {before} {after}")

    def _compare_key(self, key: str, value: Any, after: dict[str, Any], where: str, moved: set[str]) -> None:
        name = key if key in after else RENAMED.get(key, key)
        elsewhere = {_pair(key, value), _pair(name, value)} & moved
        if name in after:
            self.compare(value, after[name], where, moved)
        elif isinstance(value, dict) and not elsewhere:
            for inner, one in value.items():
                self.check(equal=_pair(inner, one) in moved, what=f"{where}.{inner}: missing")
        else:
            self.check(equal=bool(elsewhere), what=f"{where}: missing")


def compare_files(before: Path, after: Path) -> Differences:
    """Compare every file of a folder with the one of its name in another.

    Parameters
    ----------
    before, after
        The folders.
    """
    found = Differences()
    for one in sorted(path for path in before.rglob("*") if path.is_file()):
        name = one.relative_to(before)
        other = after / name
        if not other.exists():
            found.values.append(f"{name}: not written")
        elif one.suffix == ".json":
            documents = (json.loads(path.read_text("utf-8")) for path in (one, other))
            first, second = documents
            moved = set(_pairs(second)) if name.parts[0].startswith(NEW_LAYOUT) else set()
            found.compare(first, second, str(name), moved)
        elif one.suffix in (".stdout", ".stderr", ".html"):
            found.words += one.read_bytes() != other.read_bytes()
        else:
            found.check(equal=_same_values(one, other), what=f"{name}: differs")
    return found


def _same_values(one: Path, other: Path) -> bool:
    if one.suffix == ".safetensors":
        first, second = load(one.read_bytes()), load(other.read_bytes())
        return first.keys() == second.keys() and all(
            first[key].tobytes() == second[key].tobytes() for key in first
        )
    if one.suffix == ".h5ad":
        left, right = anndata.read_h5ad(one), anndata.read_h5ad(other)
        same_names = list(left.var_names) == list(right.var_names) and list(left.obs_names) == list(
            right.obs_names
        )
        return same_names and np.array_equal(np.asarray(left.X), np.asarray(right.X))
    if one.suffix == ".csv":
        return _renamed(one.read_text("utf-8")) == other.read_text("utf-8")
    return one.read_bytes() == other.read_bytes()


def _renamed(table: str) -> str:
    header, newline, rows = table.partition("\n")
    return ",".join(COLUMNS.get(name, name) for name in header.split(",")) + newline + rows


def _pairs(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield _pair(key, value)
            yield from _pairs(value)
    elif isinstance(document, list):
        for one in document:
            yield from _pairs(one)


def _pair(key: str, value: Any) -> str:
    return json.dumps([key, value], sort_keys=True)


def main() -> None:
    """Run, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("after", type=Path, help="another")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--serum", type=Path, help="the COVID-19 serum spectra, which no checkout holds")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    write_inputs(arguments.before, work / "inputs")
    for name in ("before", "after"):
        run_all(getattr(arguments, name), work / "inputs", work / name, arguments.serum)
    found = compare_files(work / "before", work / "after")
    n_files = sum(path.is_file() for path in (work / "before").rglob("*"))
    print(
        f"{n_files} files of {len(commands(work, arguments.serum))} commands: {len(found.values)} values differ"
    )
    print(f"{found.words} sentences, texts or pages in other words")
    print("\n".join(found.values[:50]))
    sys.exit(bool(found.values))


if __name__ == "__main__":
    main()
