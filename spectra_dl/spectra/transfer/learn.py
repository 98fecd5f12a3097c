"""From transfer samples to a transfer."""

import math

from spectra_dl.errors import UsageError
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.spectra.transfer.choice import Samples, Scored, candidates, chosen, scored
from spectra_dl.spectra.transfer.instrument_transfer import TITLES, InstrumentTransfer
from spectra_dl.spectra.transfer.methods import Method
from spectra_dl.spectra.transfer.pairs import TransferPairs
from spectra_dl.spectra.transfer.transfer_file import MethodError

_LONGEST_NAME = 100


def learn_transfer(
    master: SpectraTable, slave: SpectraTable, method: Method | None = None
) -> InstrumentTransfer:
    """Learn how one instrument's spectra become those of another, from the same samples on both.

    Method and size are those that leave least of the instruments' difference in samples that were left out; nothing is done
    to spectra where none of them gains more than two standard errors.

    Parameters
    ----------
    master
        The samples on the instrument whose spectra are the measure, as those that a model was trained on; raw.
    slave
        The same samples on the other instrument; raw. Samples are matched by patient, or by sample id where one table names no patients.
    method
        ``"ds"``, ``"pds"``, ``"epo"``, ``"top"`` or ``"none"``: of it alone the size is chosen; None chooses among all.

    Raises
    ------
    DataError
        Fewer than three samples in common, or axes that share too little.
    UsageError
        No method is called so.

    Examples
    --------
    >>> from spectra_dl.spectra.simulation.instruments import InstrumentStudySettings, simulate_instruments
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings
    >>> settings = InstrumentStudySettings(study=StudySettings(patients=12, n_wavenumbers=400), instruments=2)
    >>> study = simulate_instruments(settings)
    >>> transfer = learn_transfer(study.transfer_of("instrument A"), study.transfer_of("instrument B"))
    >>> transfer.method, transfer.samples
    ('pds', 10)
    >>> transfer.applied(study.table).instrument_transfer[:30]
    'brought to instrument A by PDS'
    """
    if method is not None and method not in TITLES:
        raise UsageError(f"no method is called {method!r:.40}; give {', '.join(TITLES)}")
    pairs = TransferPairs.of(master, slave)
    results = scored(pairs, candidates(pairs, method))
    best = chosen(results) if method is None else min(results[1:] or results, key=lambda each: each.error)
    return InstrumentTransfer(
        best.candidate,
        best.candidate.learned(Samples(pairs.slave, pairs.master, pairs.wavenumber)),
        pairs.wavenumber,
        samples=len(pairs.samples),
        master=_instrument(master, slave),
        slave=_instrument(slave, master),
        calibrated=slave.axis_calibration is not None,
        axis_calibration=master.axis_calibration,
        errors=tuple(map(_error, _best_of_each(results))),
        places=pairs.places,
        spectrum_hashes=pairs.spectrum_hashes,
        notes=(*pairs.notes, *_on_axes(master.axis_calibration, slave.axis_calibration)),
    )


def _on_axes(master: str | None, slave: str | None) -> tuple[str, ...]:
    """Return what to say where a standard corrected one instrument's axis alone."""
    if (master is None) == (slave is None):
        return ()
    was, not_ = ("first", "second") if master else ("second", "first")
    return (
        f"the axis of the {was} file was corrected by a standard, and that of the {not_} was not; what is transferred comes to the first's",
    )


def _best_of_each(results: list[Scored]) -> list[Scored]:
    methods = dict.fromkeys(each.candidate.method for each in results)
    return [
        min((each for each in results if each.candidate.method == name), key=lambda each: each.error)
        for name in methods
    ]


def _error(result: Scored) -> MethodError:
    candidate, left = result.candidate, result.left
    return MethodError(
        method=candidate.method,
        half_window=candidate.half_window,
        components=candidate.components,
        aligned=candidate.aligned,
        error=result.error,
        standard_error=float(left.std(ddof=1)) / math.sqrt(len(left)),
    )


def _instrument(table: SpectraTable, other: SpectraTable) -> str | None:
    """Return the name that all spectra of a table state as their batch, where the other table's state another."""
    named = [set(each.batch) if each.batch is not None else set() for each in (table, other)]
    if any(len(names) != 1 for names in named) or named[0] == named[1]:
        return None
    name = str(named[0].pop())
    return name if 0 < len(name) <= _LONGEST_NAME and name.isprintable() else None
