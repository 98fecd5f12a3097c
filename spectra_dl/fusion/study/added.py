"""What each block adds, for the first screen and for JSON."""

from collections.abc import Mapping

import numpy as np

from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.wording import short_interval, wrapped
from spectra_dl.fusion.cohort import BlockOfCohort, FusionCohort
from spectra_dl.fusion.contributions.contributions import Contributions, ContributionScore
from spectra_dl.fusion.contributions.contributions_json import contributions_json

_HEADER = f"  {'block':<16}{'patients':>9}  {'adds to the AUC [95 %]':<25}{'adds to the log score':<25}{'share [95 %]':<18}{'alone, AUC'}"


def added_json(cohort: FusionCohort, added: Mapping[ContributionScore, Contributions]) -> dict[str, object]:
    """Return blocks, patients who have them and what they add, ready for JSON.

    Parameters
    ----------
    cohort
        The patients.
    added
        By score; empty with more than two classes.
    """
    blocks = [
        {
            "name": part.read.name,
            "kind": part.read.stated.kind,
            "model": part.read.stated.model,
            "patients": patients_of_block(part),
        }
        for part in cohort.blocks
    ]
    return {
        "blocks": blocks,
        "contributions": {score: contributions_json(each) for score, each in added.items()},
    }


def added_lines(
    cohort: FusionCohort,
    added: Mapping[ContributionScore, Contributions],
    auc_of: Mapping[frozenset[str], Interval],
) -> list[str]:
    """Return the first screen: a line for each block, and a sentence on how it is meant.

    Parameters
    ----------
    cohort, added
        As of `added_json`.
    auc_of
        The patient AUC of each block alone and of all together, as the table of models has it.
    """
    if not added:
        return ["What each block adds is said of two classes; with more, compare the models below."]
    auc, log_loss = added["auc"], added["log_loss"]
    parts = {part.read.name: part for part in cohort.blocks}
    lines = [f"What each block adds to the others, {len(cohort.patients)} patients:", _HEADER]
    for of_auc, of_loss in zip(auc.blocks, log_loss.blocks, strict=True):
        share = share_text(of_auc.share)
        alone = short_interval(auc_of[frozenset({of_auc.block})])
        lines.append(
            f"  {of_auc.block[:15]:<16}{patients_of_block(parts[of_auc.block]):>9}  {short_interval(of_auc.added):<25}"
            f"{short_interval(of_loss.added):<25}{share:<18}{alone}"
        )
    together = short_interval(auc_of[frozenset(parts)])
    return [
        *lines,
        f"  all together: AUC {together}",
        wrapped(
            "adds: with the block minus without it, on the same folds and resampled patients; an interval that holds 0 shows no gain. log score: nats per "
            "patient by which the mean log loss falls. share: Shapley value of the AUC above one half."
        ),
    ]


def patients_of_block(part: BlockOfCohort) -> int:
    """Return how many patients have a block."""
    return len(np.unique(part.owner))


def share_text(share: Interval) -> str:
    """Write a block's share with its interval, in percent."""
    if np.isnan(share.value):
        return "n/a"
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"
