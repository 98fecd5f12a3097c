"""Text that is safe for any terminal."""

import unicodedata


def visible(text: str) -> str:
    """Show control and invisible formatting characters, which could rewrite a terminal, as escapes."""
    return "".join(
        character.encode("unicode_escape").decode() if _is_hidden(character) else character
        for character in text
    )


def visible_json(text: str) -> str:
    """Show such characters in JSON as the escapes that JSON knows, so that it stays the same JSON."""
    return "".join(_json_escape(character) if _is_hidden(character) else character for character in text)


def _is_hidden(character: str) -> bool:
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Cs")


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
