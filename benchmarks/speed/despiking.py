"""CPU time of removing cosmic rays, beside the rule of the versions before: python benchmarks/speed/despiking.py."""

import statistics

import numpy as np
from cpu_time import cpu_seconds

from spectra_dl.spectra.preprocessing import two_point_rays
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

PAIRS = 5


def main() -> None:
    """Print the medians of both, in turns."""
    some = simulate_study(StudySettings(patients=1000, spectra_per_patient=5)).table
    intensity, axis = np.tile(some.intensity, (4, 1)), some.wavenumber
    learnt = Despike().fit(some.intensity, axis)
    pairs = [
        (
            cpu_seconds(lambda: two_point_rays.without_rays(intensity, 10.0)),
            cpu_seconds(lambda: learnt.apply(intensity, axis)),
            cpu_seconds(lambda: Despike().fit(intensity, axis)),
        )
        for _ in range(PAIRS)
    ]
    before, after, fit = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"{len(intensity):,} x {axis.size}: before {before:.2f}, after {after:.2f}, learning the places {fit:.2f}"
    )


if __name__ == "__main__":
    main()
