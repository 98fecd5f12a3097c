"""What must be the same for an interrupted piece of work to go on, and what differs where it isn't."""

from collections.abc import Mapping

_LISTED = 6
_SHA256_LENGTH = 64


def differences(saved: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return what differs between two identities, as a list to read; empty where nothing does.

    Parameters
    ----------
    saved
        Texts by name, of the work that was interrupted.
    now
        The same of the work that would go on.

    Examples
    --------
    >>> differences({"folds": "5", "seed": "0"}, {"folds": "4", "seed": "0"})
    'folds: 5 then, 4 now'
    """
    return listed_problems(
        [
            _difference(key, saved.get(key, "none"), now.get(key, "none"))
            for key in sorted(saved.keys() | now.keys())
            if saved.get(key) != now.get(key)
        ]
    )


def listed_problems(problems: list[str]) -> str:
    """Return the first few of several problems as a list to read."""
    more = f"; and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
    return "; ".join(problems[:_LISTED])[:350] + more


def _difference(key: str, saved: str, now: str) -> str:
    if _SHA256_LENGTH in (len(saved), len(now)):
        return f"{key}: other values"
    return f"{key}: {saved[:40]} then, {now[:40]} now"
