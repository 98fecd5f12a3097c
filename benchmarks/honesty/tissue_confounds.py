"""What the audit of tissue finds: simulated images with one confound planted in each study, and studies with none.

Run: ``python benchmarks/honesty/tissue_confounds.py [--seeds 20] [--clean 100] [--kinds NAME ...]``. A study has 20 to 40 patients with two slides of three images each;
its classes differ in the direction of fibres, and stain, scanner, site, resolution, focus, glass and pen marks vary between patients and slides at random. In half of
the studies classes are of patients, in the others of images. A confound goes with the class but in one of twenty patients. "found" counts the studies in which
the named check warns or stops, "stop" those in which it stops.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from spectra_dl.evaluation.audit import Audit
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.probes.cohort_audit import audit_cohort
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.simulation.confounded_study import (
    ConfoundedSettings,
    confounded_study,
    write_confounded,
)
from spectra_dl.tissue.simulation.planted_confounds import KINDS, given_to, planted


def audited(seed: int, kind: str | None) -> Audit:
    """Simulate a study, plant a confound in it unless the kind is None, and audit it."""
    generator = np.random.default_rng((seed, 11))
    given = (kind and given_to(kind)) or ("patient", "image")[seed % 2]
    images = confounded_study(ConfoundedSettings(int(generator.integers(20, 41)), given=given, seed=seed))
    if kind is not None:
        images = planted(images, kind, generator)
    with tempfile.TemporaryDirectory() as folder:
        cohort = labelled_images(read_images(write_confounded(Path(folder), images)))
        features = encode_images(cohort.images, ("colour-texture",)).values
        return audit_cohort(cohort, features, seed=seed)


def search(kind: str, seeds: Sequence[int]) -> None:
    """Plant a confound in some studies and print in how many it was found."""
    found = stopped = 0
    for seed in seeds:
        raised = {each.severity for each in audited(seed, kind).findings if each.name in KINDS[kind]}
        found += bool(raised - {"fine"})
        stopped += "stop" in raised
    print(f"| {kind} | {', '.join(KINDS[kind])} | {found} of {len(seeds)} | {stopped} |", flush=True)


def search_clean(seeds: Sequence[int]) -> None:
    """Audit clean studies and print in how many anything was raised, and what."""
    raised, alarms = Counter[str](), 0
    for seed in seeds:
        some = [each for each in audited(seed, None).findings if each.severity != "fine"]
        alarms += bool(some)
        raised.update(f"{each.name}: {each.severity}" for each in some)
    print(f"\nfalse alarms in {alarms} of {len(seeds)} clean studies")
    for name, count in raised.most_common():
        print(f"  {name} {count}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=100)
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    print("| planted | check | found | stop |\n|---|---|---|---|")
    for kind in options.kinds:
        search(kind, range(options.seeds))
    search_clean(range(10_000, 10_000 + options.clean))


if __name__ == "__main__":
    main()
