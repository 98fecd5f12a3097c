"""The device that torch computes on: what may be named, what is refused, and what a GPU may do to the digits."""

import os

import pytest
import torch

from small_jobs import choice_of_worker
from spectra_dl.errors import UsageError
from spectra_dl.execution.executor import SerialExecutor
from spectra_dl.execution.facts import (
    checked_device,
    chosen_device,
    device_choice,
    fast_allowed,
    set_exactness,
    torch_device,
)
from spectra_dl.execution.processes import ProcessExecutor

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.mark.parametrize("name", ["tpu", "cuda:", "cuda:-1", "CPU", ""])
def test_a_device_of_another_name_is_refused(name):
    with pytest.raises(UsageError, match="give auto, cpu, cuda or cuda:N"):
        checked_device(name)


@no_gpu
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_done(name):
    with pytest.raises(UsageError, match="no usable GPU; choose 'cpu' or 'auto'"), chosen_device(name):
        raise AssertionError("the block was entered")


def test_a_gpu_beyond_those_that_are_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UsageError, match="has 2 GPUs, counted from 0"):
        torch_device("cuda:2")


def test_a_processor_that_is_chosen_is_what_auto_takes():
    with chosen_device("cpu"):
        assert torch_device() == torch.device("cpu")


def test_what_was_chosen_before_holds_again_after_the_block():
    with chosen_device("cpu"):
        with chosen_device("auto", fast=True):
            assert fast_allowed()
        assert device_choice() == ("cpu", "")


@pytest.mark.parametrize("executor", [SerialExecutor(), ProcessExecutor(2)])
def test_other_processes_choose_as_this_one(executor):
    with chosen_device("cpu", fast=True):
        found = list(executor.in_order(choice_of_worker, None, [1, 2]))
    assert found == [(("cpu", "1"), "cpu")] * 2


@pytest.mark.parametrize("fast", [False, True])
def test_only_fast_allows_fewer_digits_and_other_last_ones(fast, monkeypatch):
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", not fast)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", not fast)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", not fast)
    before = torch.are_deterministic_algorithms_enabled()
    try:
        set_exactness(fast=fast)
        assert torch.are_deterministic_algorithms_enabled() is not fast
        assert torch.backends.cuda.matmul.allow_tf32 is torch.backends.cudnn.allow_tf32 is fast
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    finally:
        torch.use_deterministic_algorithms(before)
