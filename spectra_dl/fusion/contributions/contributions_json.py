"""What blocks add, ready for JSON."""

from spectra_dl.evaluation.report.classes_json import interval_json
from spectra_dl.fusion.contributions.contributions import Contributions


def contributions_json(contributions: Contributions) -> dict[str, object]:
    """Return every figure with its interval; undefined ones are null."""
    return {
        "score": contributions.score,
        "together": interval_json(contributions.together),
        "blocks": {
            each.block: {
                name: interval_json(getattr(each, name)) for name in ("alone", "added", "shapley", "share")
            }
            for each in contributions.blocks
        },
    }
