"""What the audit finds in studies of several blocks: one fault planted in each, and studies with none.

Run: ``python benchmarks/honesty/fusion_audit.py [--seeds 20] [--clean 100] [--faults NAME ...]``. Each study has 60 to 120 patients with serum spectra (best
AUC .80), clinical columns (.75) and, in half of them, features of tissue (.70), of whom up to 30 % lack a block at random. "found" counts the studies in
which the check of the fault warns or stops, "stop" those in which it stops. Clean studies have 60 to 400 patients; an alarm is any finding but "fine".
"""

import argparse
import os
from collections import Counter

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.evaluation.audit import Audit, audit
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.fusion.probes.study import block_audit_inputs
from spectra_dl.fusion.simulation.faults import FAULTS, plant_fault
from spectra_dl.fusion.simulation.fusion_study import (
    FusionSimulationSettings,
    SimulatedFusion,
    simulate_fusion,
)

CHECKS = {
    "one-class": "who has which block",
    "missing-by-class": "who has which block",
    "label-column": "label in other words",
    "after-outcome": "known before the outcome",
    "batch-column": "columns that differ by batch",
    "other-people": "blocks of the same people",
}


def study(seed: int, fewest: int, most: int) -> SimulatedFusion:
    """Simulate a study without a fault."""
    generator = np.random.default_rng((seed, 1))
    settings = FusionSimulationSettings(
        patients=int(generator.integers(fewest, most + 1)),
        seed=seed,
        spectra_per_patient=1,
        n_wavenumbers=32,
        tissue_auc=0.7 if seed % 2 else None,
        missing=float(generator.uniform(0, 0.3)),
    )
    return simulate_fusion(settings)


def audited(drawn: SimulatedFusion, seed: int) -> Audit:
    """Return what the audit finds."""
    return audit(
        drawn.label,
        drawn.patients,
        block_audit_inputs(drawn.rows()),
        folds=patient_folds(drawn.patients, drawn.label, seed=seed),
        multiplicity=draw_patients(len(drawn.patients), resamples=500, seed=seed),
        seed=seed,
    )


def planted(name: str, seeds: int) -> tuple[int, int]:
    """Return in how many studies with a fault its check raises something, and in how many it stops."""
    raised: Counter[str] = Counter()
    for seed in range(seeds):
        findings = audited(plant_fault(study(seed, 60, 120), name), seed).findings
        raised[next(each.severity for each in findings if each.name == CHECKS[name])] += 1
    return raised["warn"] + raised["stop"], raised["stop"]


def alarms(studies: int) -> Counter[str]:
    """Return how many clean studies have an alarm, and by which check."""
    count: Counter[str] = Counter()
    for seed in range(studies):
        found = [
            each for each in audited(study(10_000 + seed, 60, 400), seed).findings if each.severity != "fine"
        ]
        count["any"] += bool(found)
        count.update(each.name for each in found)
    return count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=100)
    parser.add_argument("--faults", nargs="*", choices=FAULTS, default=list(FAULTS))
    given = parser.parse_args()
    print(f"{'fault':<18}{'found':>8}{'stop':>8}  of {given.seeds}")
    for name in given.faults:
        found, stopped = planted(name, given.seeds)
        print(f"{name:<18}{found:>8}{stopped:>8}", flush=True)
    if given.clean:
        count = alarms(given.clean)
        by_check = ", ".join(f"{name} {number}" for name, number in sorted(count.items()) if name != "any")
        print(f"clean studies with an alarm: {count['any']} of {given.clean} ({by_check or 'none'})")


if __name__ == "__main__":
    main()
