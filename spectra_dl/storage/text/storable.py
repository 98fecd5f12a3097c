"""Text of foreign files made fit for HDF5, zarr and their keys."""


def storable(text: str) -> str:
    r"""Return text that HDF5 can hold: null characters and halves of UTF-16 pairs become the replacement character.

    Examples
    --------
    >>> storable("ERBB2"), storable("a\x00b")
    ('ERBB2', 'a\ufffdb')
    """
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def storable_key(text: str) -> str:
    """Return text that can name a group of HDF5: a slash would open another group, and a point alone is a group already.

    Examples
    --------
    >>> storable_key("slide 1/A1"), storable_key("."), storable_key("")
    ('slide 1_A1', '_', 'section')
    """
    key = storable(text).replace("/", "_") or "section"
    return key if key.strip(".") else "_" * len(key)


def element_name(text: str) -> str:
    """Return text that can name an element of SpatialData: ASCII letters, digits, underscore, point and hyphen.

    Examples
    --------
    >>> element_name("slide 1/A1"), element_name("__x"), element_name(".")
    ('slide_1_A1', 'x', 'section')
    """
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in text)[:80]
    return safe.lstrip("_.") or "section"


def distinct(names: list[str]) -> list[str]:
    """Return names of which none is there twice: of those that are, each after the first gets a number that no other has.

    Examples
    --------
    >>> distinct(["A", "B", "A", "A_2"])
    ['A', 'B', 'A_3', 'A_2']
    """
    given, taken = set(names), set()
    unique = []
    for name in names:
        chosen, number = name, 1
        while chosen in taken or (number > 1 and chosen in given):
            number += 1
            chosen = f"{name}_{number}"
        taken.add(chosen)
        unique.append(chosen)
    return unique
