"""A model's description as text a person reads."""

from spectra_dl.models.header import RESEARCH_USE, ModelHeader


def card_text(header: ModelHeader, sha256: str) -> str:
    """Return what a user must know of a model before trusting it, as plain text."""
    training = header.training
    patients = ", ".join(f"{count} {name}" for name, count in training.patients.items())
    steps = " -> ".join(str(step["step"]) for step in _steps(header))
    lines = [
        RESEARCH_USE + ".",
        f"Network        {header.network.name}, {header.network.members} members, {len(header.classes)} classes",
        f"Classes        {', '.join(header.classes)} (positive: {header.positive_class})",
        f"Decides by     p >= {header.decision_threshold:.3f}, chosen by {header.decision_rule}"
        if len(header.classes) == 2
        else f"Decides by     {header.decision_rule}",
        f"Abstains       where the {header.conformal.coverage:.0%} prediction set does not hold exactly the class decided on",
        f"Trained on     {'SIMULATED ' if training.simulated else ''}{training.source}: {patients} patients, {training.spectra} spectra",
        f"Needs          {header.axis.first:g} to {header.axis.last:g} cm-1",
        f"Preprocessing  {steps}",
        f"Temperature    {header.calibration.temperature:.3f}",
        f"Intended use   {header.intended_use}",
        f"SHA-256        {sha256}",
        "",
        header.scores_from,
    ]
    lines += [
        f"  {score.name:<34} {_figure(score.value)}  [{_figure(score.low)}, {_figure(score.high)}]"
        for score in header.scores
    ]
    if header.audit:
        lines += ["", "Audit of the training data:"]
        lines += [f"  {finding.severity:<5} {finding.sentence}" for finding in header.audit]
    lines += ["", *(f"Note: {note}" for note in training.notes)]
    return "\n".join(lines).rstrip()


def _steps(header: ModelHeader) -> list[dict[str, object]]:
    steps = header.preprocessing[0].get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []  # type: ignore[misc]


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
