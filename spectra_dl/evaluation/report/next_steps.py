"""What to do about what the audit found: one plain sentence for each kind of finding."""

from collections.abc import Sequence

_SESSIONS = "measure both classes in every session, and evaluate with --split-by SESSION what you have"
_STEPS = {
    "wavenumber axis": f"Calibrate every session with a standard, such as silicon or polystyrene; {_SESSIONS}. Resampling alone hides the cause.",
    "silent region": f"Look for what differs besides the samples: tube, glass, laser, background subtraction; {_SESSIONS}. Cropping the region hides the cause.",
    "fitted baseline": "Ask whether fluorescence is part of the disease; if not, compare with the scores after another baseline correction.",
    "intensity level": "Check laser power, focus and exposure of both classes; normalising (--normalise snv) takes the level away, not its cause.",
    "noise": "Check exposure, accumulations and smoothing of both classes, and measure them alike.",
    "saturation": "Measure the saturated spectra again with less exposure, in both classes alike.",
    "cosmic rays": "Check that both classes were exposed equally long.",
    "calibration": f"Calibrate every session with a standard; {_SESSIONS}.",
    "row order": "If rows are in the order of measurement, name the sessions with --batch and evaluate with --split-by.",
    "patients in several classes": "Correct the labels; where a patient truly has samples of several classes, say --label-per-sample.",
    "patient ids": "Check the ids against your records: a person under two ids stands on both sides of a split.",
    "identical rows": "Find out which of the copies is whose, and leave the others out.",
    "near copies": "Find out which of the copies is whose, and leave the others out.",
    "hidden replicates": "Give replicates of one person one id (--replicates N where N consecutive rows are one person's).",
    "one image twice": "Find out which section the image is of, and bring the other's.",
    "counts twice": "Find out which section the counts are of, and leave the copies out.",
    "patients on both sides": "Bring sections of more patients, and leave out patients (--group patient): what is wanted is a score in a new patient.",
    "smoothed counts": "Bring the raw counts as they came from the pipeline, without imputation or smoothing.",
    "spots off tissue": "Leave out spots beside the tissue, or bring the file that says which lie under it: tissue against glass is easily predicted.",
    "tissue alone": "Leave out spots beside the tissue, and compare again: little may be left of the score.",
    "depth alone": "Compare with the control of sequencing depth; deeper sections, or genes that do not go with the total, show what the image adds.",
    "shallow spots": "Look where the shallow spots lie: folds, edges and damaged tissue are better left out.",
    "above the ceiling": "Look for counts that were smoothed or copied, and for a model that sees the total of a spot.",
    "few spots": "Look at these spots in the image; ink, dust and folds are better left out.",
    "class and patient": "Bring more patients of each class, and believe what is left out by patient alone; no split of these images says more.",
    "class and slide": "Evaluate by patient; cut images of several classes from each slide where there are such.",
    "stain": "Look at images of both classes side by side; stain and scan them in the same sessions.",
    "sharpness": "Scan both classes with one scanner and focus, or bring them to one resolution.",
    "background": "Cut images of both classes by the same rule, such as half tissue at least.",
    "pen marks": "Leave out images with ink, in both classes alike.",
    "JPEG quality": "Export images of both classes again from the slides, in one format and quality.",
    "image size": "Export images of both classes again from the slides, in one size and format.",
    "position": "Ask how the places were chosen; cut images of both classes from everywhere in the tissue.",
    "label permutation": "Scores on shuffled labels must be chance: look for one person under several ids, and for copies.",
}
_OF_COLUMNS = (
    "Balance this column over the classes, or evaluate with --split-by it, so that no model sees both sides."
)
_MOST = 5


def next_steps(raised: Sequence[str]) -> list[tuple[str, str]]:
    """Return what to do about the gravest findings, each with what it is about.

    Parameters
    ----------
    raised
        Names of the findings that stop or warn, the gravest first.

    Examples
    --------
    >>> next_steps(["cosmic rays", "what nobody knows"])
    [('cosmic rays', 'Check that both classes were exposed equally long.')]
    """
    return [(name, step) for name in raised if (step := _step(name))][:_MOST]


def _step(name: str) -> str:
    of_column = name.startswith(("column ", "batches of "))
    return _OF_COLUMNS if of_column else _STEPS.get(name, "")
