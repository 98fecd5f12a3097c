"""The settings say everything that is wrong with them at once."""

import subprocess
import sys

import pytest

from spectra_dl.errors import UsageError
from spectra_dl.training import TrainingSettings


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        TrainingSettings(epochs=0, learning_rate=float("nan"), warmup=1.0, device="tpu", seed=-1)  # type: ignore[arg-type]
    for name in ("epochs", "learning_rate", "warmup", "device", "seed"):
        assert f"{name}=" in str(caught.value)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "patience", "checkpoint_every"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3"])
def test_a_count_is_a_whole_number_of_at_least_one(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{name}=.*at least 1"):
        TrainingSettings(**{name: value})  # type: ignore[arg-type]


def test_importing_the_room_loads_neither_torch_nor_lightning() -> None:
    program = (
        "import sys, spectra_dl.training; from spectra_dl.training import TrainingSettings; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'lightning_fabric', 'rich', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_public_name_can_be_imported() -> None:
    import spectra_dl.training as room

    assert all(getattr(room, name) is not None for name in room.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        room.nothing  # noqa: B018
