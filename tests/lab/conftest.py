"""One small teacher of the codebook, trained once for all the lab's tests, in whichever process they run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from made_once import made_once

from stillwatch.lab import LocalTeacher, make_task
from stillwatch.lab.experiment import teacher_folder
from stillwatch.lab.teachers import TinyTeacher, load_tiny, train_tiny


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    np.seterr(all="raise", under="ignore")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with a trained teacher in it; nobody writes into it."""

    def make(run: Path) -> None:
        folder = teacher_folder(run, "codebook", 0)
        folder.parent.mkdir(parents=True)
        train_tiny(make_task("codebook"), 0, folder)

    return made_once(tmp_path_factory, "lab-run", make)


@pytest.fixture(scope="session")
def tiny(run: Path) -> TinyTeacher:
    return load_tiny(make_task("codebook"), 0, teacher_folder(run, "codebook", 0))


@pytest.fixture(scope="session")
def plain(tiny: TinyTeacher) -> LocalTeacher:
    return LocalTeacher(tiny.model, make_task("codebook"))
