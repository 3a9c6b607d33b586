"""`gradcheck` as a job: how it runs what the engine's own tests prove."""

from pathlib import Path

import pytest

from nnctl import blas
from nnctl.jobs import explain as explaining
from nnctl.jobs import gradcheck as checking

CONFIG = Path(__file__).parents[2] / "configs/plain-gradient-descent.yaml"


@pytest.mark.skipif(blas.available() < 2, reason="one thread is all there is")
@pytest.mark.parametrize(
    ("module", "name", "job"),
    [(checking, "check", "gradcheck"), (explaining, "Experiment", "explain")],
)
def test_many_small_passes_run_on_one_thread(module, name, job, monkeypatch):
    """Handing each of hundreds of small products to a second thread takes many times as long."""
    seen, original = [], getattr(module, name)

    def watched(*arguments, **options):
        seen.append(blas.available())
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, watched)
    getattr(module, job)(CONFIG)
    assert seen == [1]
    assert blas.available() > 1
