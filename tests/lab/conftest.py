"""One small teacher of the codebook, trained once for all the lab's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stillwatch.lab import LocalTeacher, make_task
from stillwatch.lab.experiment import teacher_folder
from stillwatch.lab.teachers import TinyTeacher, load_tiny, train_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    np.seterr(all="raise", under="ignore")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with a trained teacher in it."""
    run = tmp_path_factory.mktemp("lab") / "run"
    folder = teacher_folder(run, "codebook", 0)
    folder.parent.mkdir(parents=True)
    train_tiny(make_task("codebook"), 0, folder)
    return run


@pytest.fixture(scope="session")
def tiny(run: Path) -> TinyTeacher:
    return load_tiny(make_task("codebook"), 0, teacher_folder(run, "codebook", 0))


@pytest.fixture(scope="session")
def plain(tiny: TinyTeacher) -> LocalTeacher:
    return LocalTeacher(tiny.model, make_task("codebook"))
