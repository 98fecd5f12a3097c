"""What the audit of expression finds: simulated cohorts with one fault planted in each, and clean ones.

Run: ``python benchmarks/honesty/expression_audit.py [--seeds 20] [--clean 100] [--first-seed 0] [--out RESULTS.jsonl]``. Cohorts have 3 or 4 patients with
one or two sections. "found" counts the cohorts in which one of the named checks warns or stops, "stop" those in which one stops. Of the clean
cohorts a third has no signal, a third has one, and in a third more was counted where there are more cells as well. Cohorts that RESULTS.jsonl holds are not run again.
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.expression.section import TissueSection
from spectra_dl.expression.simulation.planted_faults import (
    FAULTS,
    Fault,
    depth_follows_image,
    without_signal,
)
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.study.evaluate import evaluate_study
from spectra_dl.expression.study.settings import ExpressionStudySettings

COPIED = "one section twice"
CHECKS = {
    "spots on glass": ("spots off tissue", "tissue alone"),
    "smoothed counts": ("above the ceiling",),
    "depth alone": ("depth alone",),
    "few outliers": ("few spots",),
    COPIED: ("counts twice",),
}
NEW = tuple(dict.fromkeys([check for checks in CHECKS.values() for check in checks] + ["shallow spots"]))
CLEAN: dict[str, Fault | None] = {
    "clean, no signal": without_signal,
    "clean, signal": None,
    "clean, more cells, more counts": depth_follows_image,
}


def cohort(seed: int, kind: str) -> list[TissueSection]:
    """Simulate a cohort of one kind."""
    generator = np.random.default_rng((seed, 7))
    settings = TissueSettings(
        patients=int(generator.integers(3, 5)),
        sections_per_patient=int(generator.choice([1, 1, 1, 2])),
        spots_per_side=int(generator.integers(8, 12)),
        genes=int(generator.integers(30, 80)),
        depth=float(np.exp(generator.uniform(np.log(150.0), np.log(5000.0)))),
        overdispersion=float(generator.choice([0.0, 0.2])),
        um_per_pixel=8.0,
        seed=seed,
    )
    if kind == "smoothed counts":
        settings = replace(settings, depth=float(generator.uniform(150.0, 350.0)))
    sections = [simulated.section for simulated in simulate_tissue(settings)]
    if kind == COPIED:
        return [*sections[:-1], copied(sections[0], sections[-1])]
    plant = FAULTS.get(kind) or CLEAN[kind]
    return [plant(section, generator) for section in sections] if plant else sections


def copied(source: TissueSection, replaced: TissueSection) -> TissueSection:
    """Return a section's copy under the name and patient of another, in an image that was saved again."""
    from PIL import Image

    from spectra_dl.expression.simulation.tissue_study import InMemoryImage

    pixels, _ = source.image.thumbnail(100_000)
    brighter = np.asarray(Image.fromarray(pixels).point(lambda value: min(255, value + 2)))
    image = InMemoryImage(replaced.image.path, brighter)
    return replace(source, name=replaced.name, patient=replaced.patient, image=image)


def findings(seed: int, kind: str) -> dict[str, object]:
    """Evaluate a cohort, and return the severity of each check and the correlation."""
    settings = ExpressionStudySettings(
        model="ridge", encoders=("colour-texture",), tile_um=(112.0,), genes=25
    )
    evaluation = evaluate_study(cohort(seed, kind), settings, compared=False).evaluation
    severity = {finding.name: finding.severity for finding in evaluation.audit.findings}
    sentences = [finding.sentence for finding in evaluation.audit.findings if finding.severity != "fine"]
    return {
        "kind": kind,
        "seed": seed,
        "r": round(evaluation.first.pearson.value, 3),
        "severity": severity,
        "raised": sentences,
    }


def results(runs: list[tuple[int, str]], path: Path | None) -> Iterator[dict[str, object]]:
    """Yield what each run gave, those of the file first."""
    known = [json.loads(line) for line in path.read_text().splitlines()] if path and path.exists() else []
    yield from (result for result in known if (result["seed"], result["kind"]) in runs)
    done = {(result["seed"], result["kind"]) for result in known}
    for seed, kind in runs:
        if (seed, kind) not in done:
            result = findings(seed, kind)
            if path:
                with path.open("a") as stream:
                    stream.write(json.dumps(result) + "\n")
            yield result


def row(kind: str, of_kind: list[dict[str, object]], checks: tuple[str, ...]) -> str:
    """Return a line of the table."""
    severities = [[result["severity"].get(check, "fine") for check in checks] for result in of_kind]  # type: ignore[attr-defined]
    found = sum(any(each != "fine" for each in some) for some in severities)
    stop = sum("stop" in some for some in severities)
    scores = [float(str(result["r"])) for result in of_kind]
    return f"| {kind} | {len(of_kind)} | {found} | {stop} | {min(scores):.2f} to {max(scores):.2f} |"


def main() -> None:
    """Run every cohort and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    clean = list(CLEAN)
    runs = [(given.first_seed + seed, kind) for kind in CHECKS for seed in range(given.seeds)]
    runs += [(given.first_seed + 1000 + at, clean[at % len(clean)]) for at in range(given.clean)]
    gathered = list(results(runs, given.out))
    print("| planted | cohorts | found | stop | r |\n|---|---|---|---|---|")
    for kind, checks in [*CHECKS.items(), *((kind, NEW) for kind in clean)]:
        if of_kind := [result for result in gathered if result["kind"] == kind]:
            print(row(kind, of_kind, checks))
    if everything := [result for result in gathered if result["kind"] in CLEAN]:
        print(row("all clean cohorts", everything, NEW))


if __name__ == "__main__":
    main()
