"""What serves every modality knows nothing of images, of parts they are cut into, and of bags of them."""

import re

ROOMS = ("training", "evaluation/folds", "classification")


def test_no_line_of_the_middle_knows_the_word_tile(repository):
    lines = [
        f"{path.relative_to(repository)}: {line.strip()}"
        for room in ROOMS
        for path in sorted((repository / "spectra_dl" / room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"tile(?!\b_at)", line, flags=re.IGNORECASE)
    ]
    offending = [
        line for line in lines if not re.search(r"quantile|percentile|versatile", line, flags=re.IGNORECASE)
    ]
    assert offending == []
    assert len(lines) > len(offending)


def test_no_line_of_the_middle_knows_the_words_image_and_bag(repository):
    modules = [path for room in ROOMS for path in (repository / "spectra_dl" / room).rglob("*.py")]
    assert len(modules) > 20
    offending = [
        f"{path.relative_to(repository)}: {line.strip()}"
        for path in modules
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"image|\bbags?\b|[a-z]Bags?\b|_bags?\b|\bbags?_", line, flags=re.IGNORECASE)
    ]
    assert offending == []
