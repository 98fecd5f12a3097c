"""JSON text of results, indented, in one pass: the standard library's own indenting encoder takes several times as long."""

import json
import math
from collections.abc import Mapping
from json.encoder import encode_basestring


def json_text(content: Mapping[str, object]) -> str:
    r"""Return ``content`` as JSON text with null for what is not finite, and escapes for what is no UTF-8; the same content gives the same text.

    Parameters
    ----------
    content
        JSON values.

    Raises
    ------
    TypeError
        A value is none of JSON.

    Examples
    --------
    >>> print(json_text({"auc": float("nan"), "folds": [1, 2], "notes": []}), end="")
    {
     "auc": null,
     "folds": [
      1,
      2
     ],
     "notes": []
    }
    """
    return _text(content, "\n") + "\n"


def _text(value: object, line: str) -> str:
    """Return a value as text whose further lines begin with ``line``."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return float.__repr__(value) if math.isfinite(value) else "null"
    inner = line + " "
    if isinstance(value, Mapping):
        items = [f"{_quoted(str(key))}: {_text(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}" if items else "{}"
    if isinstance(value, list | tuple):
        items = [_text(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{line}]" if items else "[]"
    return json.dumps(value)


def _quoted(text: str) -> str:
    if not text.isascii():
        # Names of files may hold bytes that are no UTF-8.
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return encode_basestring(text)
