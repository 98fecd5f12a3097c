"""Text that is safe for any terminal."""

import unicodedata


def visible(text: str) -> str:
    """Show control and invisible formatting characters, which could rewrite a terminal, as escapes."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else character.encode("unicode_escape").decode()
        for character in text
    )
