"""What docs/more_cores.md shows is there: options, rules and the commands in its scripts."""

import ast
import re
import shlex

import pytest

from command_line import parse, subcommands


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "more_cores.md").read_text(encoding="utf-8")


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_commands_of_the_snakefile_are_commands(page):
    (snakefile,) = [block for block in blocks(page, "python") if "rule evaluate" in block]
    words = "".join(ast.literal_eval(line.strip()) for line in re.findall(r'^ +".*"$', snakefile, re.M))
    for wildcard, value in {
        "{input}": "spectra.csv",
        "{wildcards.network}": "compact",
        "{threads}": "2",
        "$resume": "--resume",
    }.items():
        words = words.replace(wildcard, value)
    empty, test, resume, end, command = words.split("; ")
    assert empty == "resume="  # bash in Snakemake refuses a variable that was never set
    assert test == "if [ -e compact/journal/run.json ]"
    assert (resume, end) == ("then resume=--resume", "fi")
    parse(shlex.split(command)[1:])


def test_the_workers_it_starts_have_one_thread(page):
    started = re.findall(r"dask worker [^\n\"]*", "".join(blocks(page, "sh")))
    assert len(started) == 2
    assert all("--nthreads 1" in words for words in started)


def test_other_python_on_the_page_is_python(page):
    for block in blocks(page, "python"):
        if "rule evaluate" not in block:
            ast.parse(block)


def test_its_example_of_an_execution_runs(page):
    (block,) = [block for block in blocks(page, "python") if "ProcessExecutor" in block]
    names: dict[str, object] = {}
    exec(block, names)  # noqa: S102 - of our own page
    execution = names["execution"]
    assert execution.executor.workers == 2


def test_the_places_it_names_are_those_the_commands_have(page):
    from spectra_dl_cli.main import cli

    commands = [
        *subcommands(cli).values(),
        *subcommands(subcommands(cli)["train"]).values(),
        *subcommands(subcommands(cli)["evaluate"]).values(),
    ]
    with_jobs = {
        command.callback.__name__
        for command in commands
        if any(option.name == "jobs" for option in command.params)
    }
    assert with_jobs == {
        "evaluate_spectra",
        "evaluate_expression",
        "evaluate_tissue",
        "evaluate_fusion",
        "train_fusion",
        "train_spectra",
        "train_expression",
        "train_tissue",
        "tiles",
        "predict",
        "preprocess",
        "audit",
    }
    table = page[page.index("| command | jobs |") : page.index("`--threads` says")]
    for name in with_jobs:
        assert f"`{name.replace('_', ' ').replace('evaluate expression', 'evaluate expression')}`" in table, (
            name
        )
