"""What each block adds to a number or to the time to an event, for the first screen."""

from collections.abc import Mapping

from spectra_dl.evaluation.intervals import Interval
from spectra_dl.evaluation.wording import short_interval, wrapped
from spectra_dl.fusion.cohort import FusionCohort
from spectra_dl.fusion.contributions.contributions import Contributions, ContributionScore
from spectra_dl.fusion.study.added import patients_of_block, share_text

_OF_NUMBER = (
    "adds: with the block minus without it, on the same folds and resampled patients; an interval that holds 0 shows no gain. MAE: by so much the mean "
    "absolute error falls, in the unit of the number. share: Shapley value of R2."
)
_OF_TIME = (
    "adds: with the block minus without it, on the same folds and resampled patients; an interval that holds 0 shows no gain. share: Shapley value of the "
    "C-index above one half."
)


def added_to_outcome_lines(
    cohort: FusionCohort,
    added: Mapping[ContributionScore, Contributions],
    alone: Mapping[frozenset[str], Interval],
) -> list[str]:
    """Return the first screen: a line for each block, and a sentence on how it is meant.

    Parameters
    ----------
    cohort
        The patients.
    added
        By score: R2 and the mean absolute error, or the C-index.
    alone
        R2 or the C-index of each block alone and of all together, as the table of models has it.
    """
    of_number = "r2" in added
    name = "R2" if of_number else "C-index"
    first: Contributions = added["r2"] if of_number else added["c_index"]
    error = {each.block: f"{_in_unit(each.added):<27}" for each in added["mae"].blocks} if of_number else {}
    heading = f"{'lowers the MAE [95 %]':<27}" if of_number else ""
    title = f"adds to {'R2' if of_number else 'the C-index'} [95 %]"
    parts = {part.read.name: part for part in cohort.blocks}
    lines = [
        f"What each block adds to the others, {len(cohort.patients)} patients:",
        f"  {'block':<16}{'patients':>9}  {title:<28}{heading}{'share [95 %]':<18}alone, {name}",
    ]
    for each in first.blocks:
        lines.append(
            f"  {each.block[:15]:<16}{patients_of_block(parts[each.block]):>9}  {short_interval(each.added):<28}{error.get(each.block, '')}"
            f"{share_text(each.share):<18}{short_interval(alone[frozenset({each.block})])}"
        )
    return [
        *lines,
        f"  all together: {name} {short_interval(alone[frozenset(parts)])}",
        wrapped(_OF_NUMBER if of_number else _OF_TIME),
        "",
    ]


def _in_unit(interval: Interval) -> str:
    return f"{interval.value:.3g} [{interval.low:.3g}, {interval.high:.3g}]"
