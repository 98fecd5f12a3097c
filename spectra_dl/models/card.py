"""A model's description as text a person reads."""

from spectra_dl.models.header import RESEARCH_USE, AuditFinding, ExpressionHeader, ModelHeader, Score


def card_text(header: ModelHeader | ExpressionHeader, sha256: str) -> str:
    """Return what a user must know of a model before trusting it, as plain text."""
    lines = (
        _expression_lines(header, sha256)
        if isinstance(header, ExpressionHeader)
        else _spectra_lines(header, sha256)
    )
    told = [*lines, "", header.scores_from, *_scores(header.scores), *_audit(header.audit), ""]
    return "\n".join([*told, *(f"Note: {note}" for note in header.training.notes)]).rstrip()


def _expression_lines(header: ExpressionHeader, sha256: str) -> list[str]:
    training, head = header.training, header.head
    patients = len(set(training.sections.values()))
    usable = sum(gene.usable for gene in header.genes)
    sizes = ", ".join(f"{size:g}" for size in header.tile_sizes_um)
    return [
        RESEARCH_USE + ".",
        f"Head           {head.name}, trained by {head.trained_by}, {head.members} members, {'with' if head.shown > 1 else 'without'} the tissue around a spot",
        f"Encoder        {', '.join(one.name for one in header.encoders)}, tiles of {sizes} um",
        f"Genes          {len(header.genes)}, of which {usable} are predicted well enough to be used",
        f"Trained on     {training.source}: {patients} patients, {len(training.sections)} sections, {training.spots} spots",
        f"Intended use   {header.intended_use}",
        f"SHA-256        {sha256}",
    ]


def _spectra_lines(header: ModelHeader, sha256: str) -> list[str]:
    training = header.training
    patients = ", ".join(f"{count} {name}" for name, count in training.patients.items())
    steps = " -> ".join(str(step["step"]) for step in _steps(header))
    return [
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
    ]


def _scores(scores: list[Score]) -> list[str]:
    return [
        f"  {score.name:<34} {_figure(score.value)}  [{_figure(score.low)}, {_figure(score.high)}]"
        for score in scores
    ]


def _audit(findings: list[AuditFinding]) -> list[str]:
    told = [f"  {finding.severity:<5} {finding.sentence}" for finding in findings]
    return ["", "Audit of the training data:", *told] if told else []


def _steps(header: ModelHeader) -> list[dict[str, object]]:
    steps = header.preprocessing[0].get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []  # type: ignore[misc]


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
