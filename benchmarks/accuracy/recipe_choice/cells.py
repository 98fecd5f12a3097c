"""The cells on which recipes are compared: forty simulated studies, eight of each signal.

A fractional design: numbers of patients and spectra, best AUC, balance and batches take turns within each signal, so that each
value of each meets small and large studies. Subsets need many spectra to be solvable at all.
"""

from dataclasses import dataclass, replace

from spectra_dl.spectra.simulation.families.settings import FamilySettings, SignalName, Variant

#: What a linear score can win, and what it can't.
LINEAR: tuple[SignalName, ...] = ("heights", "positions", "ratio")
NON_LINEAR: tuple[SignalName, ...] = ("interaction", "subset")
FRESH_PATIENTS = 2000
_SEVERAL = {40: 4, 80: 4, 160: 8, 400: 8}  # batches by number of patients

# Patients, spectra of each, best AUC, positive share, whether in batches.
_DESIGN: dict[SignalName, tuple[tuple[int, int, float, float, bool], ...]] = {
    "heights": (
        (20, 10, 0.95, 0.5, False),
        (40, 3, 0.85, 0.5, True),
        (40, 25, 0.95, 0.2, False),
        (80, 1, 0.85, 0.5, False),
        (80, 3, 0.70, 0.5, True),
        (160, 3, 0.85, 0.2, True),
        (400, 1, 0.95, 0.5, True),
        (400, 3, 0.85, 0.5, False),
    ),
    "positions": (
        (20, 3, 0.95, 0.5, False),
        (40, 10, 0.85, 0.5, True),
        (40, 1, 0.95, 0.5, False),
        (80, 25, 0.85, 0.2, False),
        (80, 3, 0.95, 0.5, True),
        (160, 3, 0.70, 0.5, False),
        (400, 3, 0.95, 0.2, True),
        (400, 1, 0.85, 0.5, False),
    ),
    "ratio": (
        (20, 25, 0.95, 0.5, False),
        (40, 3, 0.95, 0.2, False),
        (40, 1, 0.85, 0.5, True),
        (80, 3, 0.85, 0.5, False),
        (80, 10, 0.70, 0.5, True),
        (160, 1, 0.95, 0.5, False),
        (400, 3, 0.95, 0.5, False),
        (400, 3, 0.85, 0.2, True),
    ),
    "interaction": (
        (40, 10, 0.95, 0.5, False),
        (80, 3, 0.95, 0.5, False),
        (80, 25, 0.95, 0.5, True),
        (160, 1, 0.85, 0.5, False),
        (160, 3, 0.95, 0.2, False),
        (160, 3, 0.95, 0.5, True),
        (400, 3, 0.70, 0.5, False),
        (400, 3, 0.95, 0.5, True),
    ),
    # Single spectra say so little that fewer patients teach nothing.
    "subset": (
        (40, 25, 0.95, 0.5, False),
        (80, 10, 0.95, 0.5, False),
        (80, 25, 0.95, 0.5, True),
        (160, 3, 0.70, 0.5, False),
        (160, 10, 0.95, 0.2, False),
        (160, 25, 0.95, 0.5, True),
        (400, 10, 0.85, 0.5, True),
        (400, 10, 0.95, 0.5, False),
    ),
}


@dataclass(frozen=True)
class Cell:
    """A simulated study of the design.

    Attributes
    ----------
    name
        Says its settings.
    settings
        Of its first study.
    """

    name: str
    settings: FamilySettings

    @property
    def work(self) -> int:
        """About how long it takes, in spectra that are scored or as many that are learned from."""
        one = self.settings
        return (FRESH_PATIENTS + 10 * one.patients) * one.spectra_per_patient

    def study(self, number: int) -> FamilySettings:
        """Return the settings of its study of a number, each of another world."""
        return replace(self.settings, seed=self.settings.seed + 1000 * number)


def design(variant: Variant) -> dict[str, Cell]:
    """Return the cells of a variant by name."""
    cells = {}
    for signal, rows in _DESIGN.items():
        for patients, spectra, best, share, in_batches in rows:
            settings = FamilySettings(
                signal=signal,
                patients=patients,
                spectra_per_patient=spectra,
                best_auc=best,
                positive_share=share,
                batches=_SEVERAL[patients] if in_batches else 1,
                variant=variant,
                seed=len(cells),
            )
            name = f"{signal}-n{patients}-k{spectra}-auc{best:.2f}-p{share:.1f}-b{settings.batches}"
            cells[name] = Cell(name, settings)
    return cells
