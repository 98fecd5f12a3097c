"""Every fault of the table meets the real commands, and ends as the table says."""

import csv
import io
import re
from functools import cache

import pytest

from refusals.inputs import predict_file
from refusals.page import page_line, page_text, printed_sentence
from refusals.row import Row, outcomes, peak_of
from refusals.sections import ROWS

WITH_INPUT = [row for row in ROWS if row.make is not None]
LONGEST, MOST_SECONDS = 500, 60.0
MOST_BYTES = 280 << 20  # besides torch, whose wheels take from 220 to 500 MB to import
ORDINARY = Row(
    "A", "an empty file, for the memory of the program itself", "refuse", "", predict_file(b""), bounded=True
)


def names(row: Row) -> str:
    return f"{row.section}: {row.fault}"


@pytest.fixture(scope="module")
def page(repository) -> list[str]:
    """The lines of docs/refusals.md, written by ``python tests/support/refusals_page.py``."""
    return (repository / "docs" / "refusals.md").read_text(encoding="utf-8").splitlines()


@cache
def memory_without_a_fault() -> int:
    """The bytes of a command that refuses at once, and of torch, which others import."""
    return outcomes(ORDINARY)[0].peak + peak_of("import torch") - peak_of("pass")


@cache
def clean_predictions() -> str:
    """What is predicted of the clean table."""
    return outcomes(Row("A", "none", "same", "", predict_file(lambda clean: clean.text())))[0].predictions


def prediction_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("row", [row for row in WITH_INPUT if row.right in ("refuse", "unsafe")], ids=names)
def test_a_refusal_is_one_sentence_and_nothing_is_written(row, page):
    for done in outcomes(row):
        assert done.code == row.exit_code, (done.command, done.error)
        assert done.changed == frozenset(), done.command
        assert "Traceback" not in done.error + done.out
        (message,) = re.findall(r"^Error: (.+)$", done.error, re.MULTILINE)
        assert len(message) <= LONGEST
        assert message.isprintable()
        if row.bounded:
            assert done.peak - memory_without_a_fault() < MOST_BYTES, done.command
            # The promise is 5 s; a test on a shared machine allows for the company.
            assert done.seconds < MOST_SECONDS, done.command
    assert row.says in outcomes(row)[0].error
    assert page_line(row, printed_sentence(row)) in page


@pytest.mark.parametrize(
    "row", [row for row in WITH_INPUT if row.right in ("same", "warn", "partial")], ids=names
)
def test_what_is_read_keeps_every_row_and_says_what_was_done(row, page):
    for done in outcomes(row):
        assert done.code == row.exit_code, (done.command, done.error)
        assert "Traceback" not in done.error + done.out
        assert {name.split("/")[0] for name in done.changed} <= {"out"}
    first = outcomes(row)[0]
    assert row.says in first.error + first.out
    predicted, clean = prediction_rows(first.predictions), prediction_rows(clean_predictions())
    assert [line["sample_id"] for line in predicted] == [line["sample_id"] for line in clean]
    assert all(line["p_bone metastasis"] == "" for line in predicted if line["status"] == "refused")
    if row.right == "same":
        assert predicted == clean
    if row.right == "partial":
        assert any(line["status"] != "ok" for line in predicted)
    assert page_line(row, printed_sentence(row)) in page


def test_the_page_has_a_line_for_each_row_and_no_other(page):
    lines = page_text(lambda row: "").splitlines()
    assert [without_sentence(line) for line in page] == [without_sentence(line) for line in lines]


def without_sentence(line: str) -> str:
    """Return a line of the page without what is printed, which the row's own test compares."""
    cells = re.split(r"(?<!\\) \| ", line)
    return " | ".join([*cells[:2], *cells[3:]]) if line.startswith("| ") and len(cells) == 4 else line


@pytest.mark.parametrize("named", sorted({test for row in ROWS for test in row.tests}))
def test_a_test_that_a_row_names_exists(repository, named):
    path, _, test = named.partition("::")
    assert re.search(
        rf"^def {re.escape(test)}\(", (repository / path).read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_a_row_is_checked_by_a_command_or_by_tests(row):
    assert row.make is not None or row.tests
    assert row.says or row.make is not None
    assert row.remedy


def test_no_fault_stands_twice():
    assert len({names(row) for row in ROWS}) == len(ROWS)
