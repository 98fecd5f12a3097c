"""A model's description as text a person reads."""

from spectra_dl.models.header import (
    RESEARCH_USE,
    AuditFinding,
    Classification,
    InputPart,
    ModelHeader,
    Part,
    Score,
)


def card_text(header: ModelHeader[InputPart], sha256: str) -> str:
    """Return what a user must know of a model before trusting it, as plain text.

    Parameters
    ----------
    header
        The model's description; its input part adds lines of its own.
    sha256
        The digest that seals the model file.
    """
    classification = header.classification
    lines = [
        RESEARCH_USE + ".",
        *header.input.model_lines(),
        *(_decision(classification) if classification else ()),
        *(header.outcome.lines() if header.outcome else ()),
        _trained_on(header),
        *header.input.needs_lines(),
        *([f"Temperature    {classification.calibration.temperature:.3f}"] if classification else []),
        f"Intended use   {header.intended_use}",
        f"SHA-256        {sha256}",
        "",
        header.scores_from,
        *_scores(header.scores),
        *_audit(header.audit),
        "",
        *(f"Note: {note}" for note in header.training.notes),
    ]
    return "\n".join(lines).rstrip()


def _decision(classification: Classification) -> list[str]:
    conformal = classification.conformal
    others = (
        f"; predict --coverage takes any from {min(conformal.limit_at)} to {max(conformal.limit_at)} %"
        if conformal.limit_at
        else ""
    )
    return [
        f"Classes        {', '.join(classification.classes)} (positive: {classification.positive_class})",
        f"Decides by     {_rule(classification)}",
        *_parts(classification.parts),
        f"Abstains       where the {conformal.coverage:.0%} prediction set does not hold exactly the class decided on{others}",
    ]


def _rule(classification: Classification) -> str:
    if len(classification.classes) > 2:
        return classification.decision_rule
    spread = classification.threshold_spread
    known = f" (nine in ten resamples: {spread.low:.3f} to {spread.high:.3f})" if spread else ""
    return f"p >= {classification.decision_threshold:.3f}{known}, chosen by {classification.decision_rule}"


def _parts(parts: list[Part]) -> list[str]:
    """Return what the model is added up from: how much each part says, and what patient AUC it adds to the others."""
    lines = [
        f"{part.name}, {part.weight:.0%} (adds {_signed(part.adds)} [{_signed(part.low)}, {_signed(part.high)}] to the AUC)"
        for part in parts
    ]
    return [f"{'Made of' if at == 0 else '':<15}{line}" for at, line in enumerate(lines)]


def _trained_on(header: ModelHeader[InputPart]) -> str:
    classification = header.classification
    patients = classification.patients if classification else {}
    counts = ", ".join(f"{count} {name}" for name, count in patients.items())
    amounts = [f"{counts} patients"] if counts else []
    amounts += [header.input.training_rows()]
    simulated = "SIMULATED " if header.training.simulated else ""
    return f"Trained on     {simulated}{header.training.source}: {', '.join(amounts)}"


def _scores(scores: list[Score]) -> list[str]:
    return [
        f"  {score.name:<34} {_figure(score.value)}  [{_figure(score.low)}, {_figure(score.high)}]"
        for score in scores
    ]


def _audit(findings: list[AuditFinding]) -> list[str]:
    lines = [f"  {finding.severity:<5} {finding.sentence}" for finding in findings]
    return ["", "Audit of the training data:", *lines] if lines else []


def _signed(value: float | None) -> str:
    return "undefined" if value is None else f"{value:+.3f}"


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
