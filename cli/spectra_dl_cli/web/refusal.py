"""What the page answers where it can't do what was asked."""


class Refusal(Exception):  # noqa: N818 - as the library's refusals
    """A sentence for the person at the browser.

    Parameters
    ----------
    status
        Of HTTP.
    sentence
        What was wrong, and what to do now.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
