"""Short ways to an evaluation, for tests that care for what it finds."""

from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles


def evaluated(
    models, rows, targets, section, patient, settings=None, *, position=None, execution=None, **inputs
):
    """Evaluate models of profiles of rows in sections of patients."""
    data = SectionRows(rows, section, patient, position)
    return evaluate_profiles(models, data, targets, settings, ProfileInputs(**inputs), execution=execution)
