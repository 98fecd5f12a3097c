"""A model's description as the README.md that model hubs show: YAML front matter, and the card for people.

The front matter is that of Hugging Face's model cards, https://huggingface.co/docs/hub/model-cards.
"""

import json
from typing import Any

from spectra_dl.models.card import card_text
from spectra_dl.models.header import RESEARCH_USE, InputPart, ModelHeader, Score

_FENCE = "~~~~"


def hub_card(header: ModelHeader[InputPart], sha256: str) -> str:
    """Return the card as Markdown whose front matter a hub reads.

    Parameters
    ----------
    header
        The model's description.
    sha256
        The digest that seals the model file.
    """
    name = f"spectra-dl {header.input.kind} model {sha256[:12]}"
    text = card_text(header, sha256).replace(_FENCE, "")
    return (
        f"---\n{_front_matter(header, name)}---\n\n# {name}\n\n{RESEARCH_USE}. Scores are of patients that the networks which predicted them had never "
        f"seen, each with its 95 % interval over patients.\n\n{_FENCE}text\n{text}\n{_FENCE}\n"
    )


def _front_matter(header: ModelHeader[InputPart], name: str) -> str:
    """Return YAML: a key a line, with its value as JSON, which is YAML."""
    classification = header.classification
    results = {
        "task": {"type": "classification" if classification else "regression", "name": header.scores_from},
        "dataset": {"type": "private", "name": header.training.source},
        "metrics": [_metric(score) for score in header.scores if score.value is not None],
    }
    simulated = ["simulated-training-data"] if header.training.simulated else []
    values: dict[str, Any] = {
        "library_name": "spectra-dl",
        "tags": [header.input.kind, "research-use-only", *simulated],
        "model-index": [{"name": name, "results": [results]}],
    }
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=True)}\n" for key, value in values.items())


def _metric(score: Score) -> dict[str, Any]:
    return {
        "type": score.name.lower().replace(" ", "_"),
        "name": score.name,
        "value": score.value,
        "confidence_interval_95": [score.low, score.high],
    }
