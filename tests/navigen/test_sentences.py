"""A local sentence encoder: vectors of length 1 that do not depend on the batch; no pickle is read, no bar is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.lm.hf import HF, HFSettings
from navigen.base import load_base
from navigen.identifiers.sentences import sentence_vectors
from tests.navigen.little import copied, trained

TEXTS = ["a red lamp", "a blue chair", "a green mug by the window, and nothing else that could be seen there", "sofa"]


def test_texts_become_vectors_of_length_one() -> None:
    found = sentence_vectors(TEXTS, trained()[1])
    assert found.shape == (4, 32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(4))
    assert sentence_vectors(TEXTS, trained()[1], batch=1) == pytest.approx(found, abs=1e-5)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BenchError, match="no sentence encoder can be loaded from there"):
        sentence_vectors(TEXTS, folder)


def test_loading_draws_no_bars_and_leaves_the_switch_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    folder = trained()[1]
    capfd.readouterr()
    load_base(folder)
    HF(folder, HFSettings())
    sentence_vectors(TEXTS, folder)
    assert capfd.readouterr().err == ""
    assert logging.is_progress_bar_enabled()
