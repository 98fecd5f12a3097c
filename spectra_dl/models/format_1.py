"""Model files of format 1, in which the keys of every modality stood beside the shared ones: their upgrade to format 2.

The keys that every model has, and those that every model with classes has, move to where format 2 keeps them. What is
left is the modality's, and becomes the input part in version 1; `spectra_dl.models.header.InputPart.upgraded` of that
part mends what the modality itself changed. Nothing is checked here: the result passes the closed schema of format 2.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from spectra_dl.models.header import FORMAT_VERSION

_SHARED = ("intended_use", "audit", "scores", "scores_from", "weights_sha256", "versions")
_TRAINING = ("source", "simulated", "seed", "notes")
_CLASSIFICATION = (
    "classes",
    "positive_class",
    "decision_threshold",
    "decision_rule",
    "calibration",
    "conformal",
    "out_of_distribution",
)

Values = dict[str, JsonValue]


def upgraded(values: Mapping[str, JsonValue]) -> Values:
    """Return a description of format 1 in the layout of format 2.

    Parameters
    ----------
    values
        The description's JSON object, not checked.

    Examples
    --------
    >>> upgraded({"format_version": 1, "modality": "spectra", "axis": {}})["input"]
    {'kind': 'spectra', 'version': 1, 'axis': {}}
    """
    rest = {name: value for name, value in values.items() if name not in ("format_version", "modality")}
    classification: Values | None = _taken(rest, _CLASSIFICATION) or None
    trained_on = rest.pop("training", None)
    training: JsonValue = trained_on
    if isinstance(trained_on, dict):
        trained_on = dict(trained_on)
        training = {"simulated": None, **_taken(trained_on, _TRAINING)}
        if classification is not None:
            classification |= _taken(trained_on, ("patients",))
        rest["training"] = trained_on
    return {
        "format_version": FORMAT_VERSION,
        **_taken(rest, _SHARED),
        "training": training,
        "classification": classification,
        "input": {"kind": values.get("modality"), "version": 1, **_without_reserved(rest)},
    }


def _without_reserved(rest: Values) -> Values:
    """Return what is left with a name no schema knows for each key that would stand for one of the upgrade's."""
    return {f"format_1:{name}" if name in ("kind", "version") else name: rest[name] for name in rest}


def _taken(values: Values, names: tuple[str, ...]) -> Values:
    """Take those of ``names`` that are there out of ``values``, and return them."""
    return {name: values.pop(name) for name in names if name in values}
