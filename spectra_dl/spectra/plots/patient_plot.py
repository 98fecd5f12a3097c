"""One patient's spectra over what the training classes look like."""

from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.classification.patient_pooling import PatientTally
from spectra_dl.errors import DataError, UsageError
from spectra_dl.evaluation.report.axes import given_or_new, legend_of, line_in_band
from spectra_dl.evaluation.report.colours import COLOURS
from spectra_dl.evaluation.wording import first_few
from spectra_dl.spectra.class_spectra import joined
from spectra_dl.spectra.patient_page.stages import cleaned_stages
from spectra_dl.spectra.plots.spectra_plot import AXIS_TITLE
from spectra_dl.spectra.predictor import SpectraPredictor
from spectra_dl.spectra.readers.wording import printable
from spectra_dl.spectra.table import SpectraTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spectra_dl.classification.predictions import RowPredictions

_INK = "#1c2430"


def plot_patient(
    predictor: SpectraPredictor, table: SpectraTable, patient: str, *, axes: "Axes | None" = None
) -> "Axes":
    """Draw one patient's spectra, cleaned as the model takes them, over mean and standard deviation of the training patients of each class.

    Parameters
    ----------
    predictor
        The model. One of before, or one trained on fewer than five patients of a class, has no mean of that class.
    table
        Spectra, as measured; without patients each spectrum stands for itself.
    patient
        Whose spectra, as the table names the patient (or the spectrum).
    axes
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        Intensity after cleaning over Raman shift; the title is what the model says of the patient.

    Raises
    ------
    UsageError
        The table names no such patient.
    DataError
        None of the patient's spectra can be used, or the table's axis does not cover the model's.

    Examples
    --------
    >>> import spectra_dl as sdl
    >>> from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    >>> table = simulate_study(StudySettings(patients=12, spectra_per_patient=2, n_wavenumbers=64)).table
    >>> model = sdl.SpectraClassifier(table.wavenumber, members=2, training=sdl.TrainingSettings(epochs=2))
    >>> predictor = model.fit(table.intensity, table.label, groups=table.patient).predictor_
    >>> axes = plot_patient(predictor, table, "P001")
    >>> axes.get_legend().get_texts()[0].get_text()
    'P001, mean of 2'
    """
    own = table.select(_rows_of(table, patient))
    spectra, _ = predictor.predict(own)
    usable = np.array([status != "refused" for status in spectra.status], dtype=bool)
    if not usable.any():
        raise DataError(
            f"{printable(patient, 60)}: none of {len(own)} spectra can be used ({first_few(sorted(set(spectra.reason)))}); measure again"
        )
    stages = cleaned_stages(predictor, own.select(usable))
    axes, rows = given_or_new(axes), stages.prepared[0]
    classes, known = predictor.classification.classes, predictor.class_spectra
    names = [f"{printable(patient, 40)}, mean of {len(rows)}" if len(rows) > 1 else printable(patient, 40)]
    if len(rows) > 1:
        axes.plot(stages.wavenumber, rows.T, color=_INK, alpha=0.3, linewidth=0.6, label="_one")
    axes.plot(stages.wavenumber, rows.mean(axis=0), color=_INK, linewidth=1.6, label="0", zorder=3)
    if known is not None:
        x = joined(stages.wavenumber[None], known.points_together)[0]
        for name, mean, spread in zip(known.classes, known.mean, known.spread, strict=True):
            number = classes.index(name) % len(COLOURS)
            line_in_band(axes, number, x, mean, (mean - spread, mean + spread), label=name)
            names.append(f"{printable(name, 40)}, mean ± SD of training patients")
    axes.set(xlabel=AXIS_TITLE, ylabel="after cleaning")
    axes.set_title(_said(predictor, spectra), fontsize=9, loc="left", parse_math=False)
    axes.margins(x=0)
    legend_of(axes, names, frameon=False, fontsize=8)
    return axes


def _rows_of(table: SpectraTable, patient: str) -> IndexArray:
    owner: TextArray = table.sample_id if table.patient is None else table.patient
    rows = np.flatnonzero([str(name) == patient for name in owner])
    if not rows.size:
        known = first_few(sorted({printable(str(name), 40) for name in owner}))
        raise UsageError(f"the table has no patient {patient!r:.60}; it has {known}")
    return rows


def _said(predictor: SpectraPredictor, spectra: "RowPredictions") -> str:
    """Return the model's answer with its probability, or that there is none."""
    rule = predictor.decision
    tally = PatientTally(rule.classes, rule.words)
    tally.add(spectra)
    (patients,) = tally.patients(predictor.classification.calibration.temperature)
    (answer,) = rule.of_patients(patients)
    if not answer.predicted_class:
        return printable(f"no answer: {answer.abstains}", 100)
    share = patients.stated_probability[0][rule.classes.index(answer.predicted_class)]
    return f"{printable(answer.predicted_class, 60)}, p = {share:.2f}"
