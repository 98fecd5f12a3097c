"""The reporting list as a file: every item once, and each answer where it says it comes from."""

import json

import pytest

from pages.example_report import report
from spectra_dl.evaluation.report.page.reporting.items import REPORTING_ITEMS
from spectra_dl.evaluation.report.page.reporting.items_json import items_files


def of_classes():
    of = report()
    of["results"]["kind"] = "classes"
    return of


def written(of):
    return json.loads(items_files(of)["items.json"])


def resolved(value, pointer):
    for key in pointer.removeprefix("/").split("/"):
        value = value[key]
    return value


def test_every_item_stands_once_with_the_lists_it_belongs_to():
    lists, items = written(of_classes()).values()
    assert set(lists) == {"number", "stard_2015", "probast_2019"}
    assert len(items) == 52
    assert [item["number"] for item in items] == [item.number for item in REPORTING_ITEMS]
    assert ("18c", ["29"]) in [(item["number"], item["stard_2015"]) for item in items]


def test_all_questions_of_probast_stand_beside_an_item():
    numbers = {number for item in written(of_classes())["items"] for number in item["probast_2019"]}
    questions = {1: 2, 2: 3, 3: 6, 4: 9}
    assert numbers == {f"{domain}.{n}" for domain, last in questions.items() for n in range(1, last + 1)}


@pytest.mark.parametrize("split_by", ["patient", "day"])
def test_every_answer_names_where_in_the_report_it_comes_from(split_by):
    of = of_classes()
    of["results"]["settings"]["split_by"] = split_by
    of["results"]["context"] |= {"answers": {"9a": ["partly", "the whole spectrum"]}, "methods": ["As said."]}
    items = written(of)["items"]
    assert any(item["number"] == "9a" and item["answer"] == "the whole spectrum" for item in items)
    for item in items:
        assert bool(item["where"]) == (item["status"] != "not reported")
        for pointer in item["where"]:
            resolved(of, pointer)


def test_a_report_without_classes_has_no_such_list():
    of = report()
    of["results"]["kind"] = "profiles"
    assert items_files(of) == {}
