"""A page as a browser takes it in: elements with their attributes, the text, and the text of each card."""

import re
from html.parser import HTMLParser


class HtmlPage(HTMLParser):
    """A page that was read."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.articles: list[list[str]] = []
        self._open: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)
        if tag == "article":
            self.articles.append([])

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.pieces.append(data)
        if "article" in self._open:
            self.articles[-1].append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.pieces).split())

    @property
    def cards(self):
        texts = [" ".join(" ".join(pieces).split()) for pieces in self.articles]
        return {text.split(" ")[0]: text for text in texts}

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def labels(self):
        """What is said of each figure to those who can't see it."""
        return [each["aria-label"] for each in self.all("svg") if each.get("aria-label")]

    def needs_nothing_else(self):
        """Whether no script stands in it, and nothing is taken from the network or another file."""
        active = {"script", "link", "img", "iframe", "object", "form", "base"}
        addresses = [each["href"] for tag in ("a", "use", "image") for each in self.all(tag)]
        return (
            not {tag for tag, _ in self.elements} & active
            and all(address.startswith(("#", "data:")) for address in addresses)
            and not re.search(r"url\((?!#)|@import", self.source)
            and "default-src 'none'" in self.source
        )
