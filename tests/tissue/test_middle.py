"""What serves every modality knows nothing of images cut into parts."""

import re


def test_no_line_of_the_middle_knows_the_word_tile(repository):
    rooms = ("training", "evaluation/folds", "classification")
    lines = [
        f"{path.relative_to(repository)}: {line.strip()}"
        for room in rooms
        for path in sorted((repository / "spectra_dl" / room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"tile(?!\b_at)", line, flags=re.IGNORECASE)
    ]
    offending = [
        line for line in lines if not re.search(r"quantile|percentile|versatile", line, flags=re.IGNORECASE)
    ]
    assert offending == []
    assert len(lines) > len(offending)
