"""A short block that no signal cuts in two."""

import signal

import pytest

from spectra_dl_cli.output import uninterrupted


def test_a_signal_waits_for_the_end_of_the_block():
    done = []

    def stopped() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert done == ["all of it"]


def test_handlers_are_as_before():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with uninterrupted():
        pass
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
