"""Uploads are kept within limits, and a drop is given up when its page is gone."""

import asyncio

import pytest

from spectra_dl_cli.web import drops, uploads
from spectra_dl_cli.web.drops import Drops
from spectra_dl_cli.web.refusal import Refusal


@pytest.fixture
def all_drops(tmp_path):
    return Drops(tmp_path)


@pytest.fixture
def drop(all_drops):
    return all_drops.begin()


def send(drop, name, *parts, declared=0, pause=0.0):
    async def coming():
        for part in parts:
            await asyncio.sleep(pause)
            yield part

    asyncio.run(uploads.receive(drop, name, declared, coming()))


def kept(drop):
    return sorted(path.name for path in drop.data.rglob("*") if path.is_file())


def test_what_says_nothing_of_its_length_is_ended_at_the_limit(drop, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    send(drop, "first", b"x" * 400)
    with pytest.raises(Refusal, match="more than") as refused:
        send(drop, "second", *[b"x" * 100] * 7)
    assert refused.value.status == 413
    assert kept(drop) == ["first"]
    assert drop.size == 400
    send(drop, "third", b"x" * 600)


def test_what_says_that_it_is_too_long_does_not_begin(drop):
    with pytest.raises(Refusal) as refused:
        send(drop, "a", declared=uploads.MOST_BYTES + 1)
    assert refused.value.status == 413


def test_one_file_too_many_is_refused(drop, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    send(drop, "a", b"1")
    with pytest.raises(Refusal, match="files in one drop"):
        send(drop, "b", b"1")


def test_who_sends_nothing_is_not_waited_for(drop, monkeypatch):
    monkeypatch.setattr(uploads, "_PATIENCE", 0.05)
    with pytest.raises(Refusal, match="nothing came") as refused:
        send(drop, "a", b"1", b"2", pause=0.5)
    assert refused.value.status == 408
    assert kept(drop) == []


def test_a_file_and_a_folder_of_one_name_are_refused_and_what_came_first_stays(drop):
    send(drop, "a/b", b"1")
    with pytest.raises(Refusal, match="a file and a folder"):
        send(drop, "a", b"2")
    send(drop, "c", b"3")
    with pytest.raises(Refusal, match="a file and a folder"):
        send(drop, "c/d", b"4")
    assert kept(drop) == ["b", "c"]


@pytest.mark.parametrize("name", ["spectra.csv", "mouse 7/Spectrum (2).txt", "Probe_ä+1.csv", "a=b,[1].csv"])
def test_a_plain_name_stays(name):
    assert str(uploads.kept_as(name, 0)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a//b",
        "/a",
        "a/",
        "../a",
        "a/../b",
        "nul.csv",
        "a.",
        "a ",
        "a\n",
        "~a",
        "$a",
        "-a",
        "a;b",
        "é" * 51,
    ],
)
def test_no_other_name_is_kept(name):
    assert str(uploads.kept_as(name, 6)) == "file-7"


def test_a_page_that_was_closed_is_waited_for_shortly_and_one_that_is_silent_longer(all_drops, drop):
    assert all_drops.abandoned() == []
    drop.left, drop.seen = True, drop.seen - drops.LEFT - 1
    assert all_drops.abandoned() == [drop]
    drop.left = False
    assert all_drops.abandoned() == []
    drop.seen -= drops.UNSEEN
    assert all_drops.abandoned() == [drop]
    drop.keep()
    assert all_drops.abandoned() == []


def test_there_are_not_more_drops_than_can_be_looked_after(all_drops, monkeypatch):
    monkeypatch.setattr(drops, "MOST_DROPS", 2)
    first = all_drops.begin()
    all_drops.begin()
    with pytest.raises(Refusal, match="close the pages") as refused:
        all_drops.begin()
    assert refused.value.status == 429
    all_drops.remove(first)
    assert all_drops.begin().folder.is_dir()
    assert not first.folder.exists()
