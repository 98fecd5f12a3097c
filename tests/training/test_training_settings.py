"""The settings say everything that is wrong with them at once."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectra_dl.errors import UsageError
from spectra_dl.training import TrainingSettings


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        TrainingSettings(epochs=0, learning_rate=float("nan"), warmup=1.0, device="tpu", seed=-1)  # type: ignore[arg-type]
    for name in ("epochs", "learning_rate", "warmup", "device", "seed"):
        assert f"{name}=" in str(caught.value)


@pytest.mark.parametrize("name", ["epochs", "passes", "batch_size", "patience", "checkpoint_every"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3"])
def test_a_count_is_a_whole_number_of_at_least_one(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{name}=.*at least 1"):
        TrainingSettings(**{name: value})  # type: ignore[arg-type]


def test_importing_the_room_loads_no_torch() -> None:
    program = (
        "import sys, spectra_dl.training; from spectra_dl.training import TrainingSettings; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'rich', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_public_name_can_be_imported() -> None:
    import spectra_dl.training as room

    assert all(getattr(room, name) is not None for name in room.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        room.nothing  # noqa: B018


@given(
    rows=st.integers(1, 5000), epochs=st.integers(1, 60), least=st.integers(1, 2000), passes=st.integers(1, 3)
)
def test_few_rows_are_passed_over_until_the_least_steps_are_reached_and_hardly_beyond(
    rows: int, epochs: int, least: int, passes: int
) -> None:
    usual = TrainingSettings(epochs=epochs, least_steps=least, passes=passes)
    longer = usual.for_rows(rows)
    steps_of_a_pass = math.ceil(rows / usual.batch_size)
    steps = longer.epochs * longer.passes * steps_of_a_pass
    assert steps >= least
    if longer != usual:
        assert steps - least < longer.passes * steps_of_a_pass  # not a whole epoch too many
        assert longer.epochs < 2 * max(epochs, 2)
