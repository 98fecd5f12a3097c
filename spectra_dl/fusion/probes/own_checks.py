"""What the audit of a block's own modality finds: a block is looked at as if it were a study by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from spectra_dl.arrays import IndexArray, text_array
from spectra_dl.evaluation.audit import Finding, Probe, RowCheck
from spectra_dl.evaluation.audit.probing import run_probes
from spectra_dl.evaluation.folds.splits import Fold, patient_folds
from spectra_dl.evaluation.intervals import draw_patients
from spectra_dl.evaluation.patients import Patients, read_patients
from spectra_dl.fusion.probes.asked import Asked
from spectra_dl.fusion.rows import FusionBlock
from spectra_dl.spectra.probes import spectra_audit_inputs
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.probes import image_probes
from spectra_dl.tissue.probes.image_facts import ImageFacts
from spectra_dl.tissue.probes.near_copies import near_copies_check

_FOLDS, _RESAMPLES = 5, 1000


def own_checks(block: FusionBlock, asked: Asked) -> list[RowCheck]:
    """Return the checks and probes that a block of spectra or images gets where it is evaluated alone.

    Parameters
    ----------
    block
        With rows as they were read; others have none.
    asked
        What is to be predicted from it, in words.
    """
    probes: list[Probe] = []
    checks: list[RowCheck] = []
    if isinstance(block.rows, SpectraTable):
        inputs = spectra_audit_inputs(block.rows)
        probes, checks = list(inputs.probes), list(inputs.row_checks)
    elif isinstance(block.rows, TissueImages):
        facts = ImageFacts.of(block.rows)
        probes = list(image_probes(facts, block.rows.position))
        checks = [near_copies_check(facts.hashes, block.rows.name)]
    named: list[tuple[str, Callable[..., Finding]]] = [
        (probe.name, partial(_probed, probe, asked)) for probe in probes
    ]
    named += [("", check) for check in checks]
    return [OwnCheck(block.name, block.owner, name, check) for name, check in named]


@dataclass(frozen=True, eq=False)
class OwnCheck:
    """A check of a block's rows, whose patients and classes are those of the study.

    Attributes
    ----------
    block
        Its name.
    owner
        ``(n,)`` number of each row's patient.
    name
        Of the check; empty where it says so itself.
    check
        Of the block's rows.
    """

    block: str
    owner: IndexArray
    name: str
    check: Callable[..., Finding]

    def __call__(self, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
        """Check the block's rows on folds of the patients who have it.

        Parameters
        ----------
        patients
            One a row of the study.
        folds
            Of all patients; not looked at, since some may lack the block.
        seed
            Of folds and of whatever is drawn.
        """
        number = patients.of_row[self.owner]
        names = text_array(patients.names[each] for each in number.tolist())
        label = text_array(patients.classes[each] for each in patients.class_of_patient[number].tolist())
        fewest = min(
            len(np.unique(names[label == name])) if (label == name).any() else 0 for name in patients.classes
        )
        if fewest < 2:
            sentence = f"{self.block}: too few patients of a class have it to look at it."
            return Finding(f"{self.block}: {self.name or 'rows'}", "fine", sentence)
        own = patient_folds(names, label, folds=min(_FOLDS, fewest), seed=seed)
        finding = self.check(read_patients(names, label), own, seed=seed)
        return replace(
            finding, name=f"{self.block}: {finding.name}", sentence=f"{self.block}: {finding.sentence}"
        )


def _probed(probe: Probe, asked: Asked, patients: Patients, folds: Sequence[Fold], *, seed: int) -> Finding:
    number = patients.of_row.tolist()
    names = text_array(patients.names[each] for each in number)
    label = text_array(patients.classes[each] for each in patients.class_of_row.tolist())
    multiplicity = draw_patients(len(patients.names), resamples=_RESAMPLES, seed=seed)
    (finding,) = run_probes([probe], label, names, folds=folds, multiplicity=multiplicity)
    # The engine's word for what it compares; halves of the patients are no classes.
    sentence = finding.sentence.removeprefix("The class")
    return replace(finding, sentence=f"{asked.it[0].upper()}{asked.it[1:]}{sentence}")
