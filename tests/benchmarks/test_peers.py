"""The peers: which of them can be timed here, and what nobody would do with a full batch."""

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import peers
from tests.benchmarks.peers import PEERS, Peer, installed
from tests.benchmarks.peers.nnctl_peer import model_of
from tests.benchmarks.workloads import WORKLOADS


@pytest.mark.parametrize(
    ("peer", "missing"),
    [
        (Peer("x", "x_peer", ("numpy",)), None),
        (Peer("x", "x_peer", ("numpy", "no_such_package")), "no_such_package"),
        (Peer("x", "x_peer", ("numpy",), "no-such-compiler"), "no-such-compiler"),
    ],
)
def test_a_peer_that_misses_something_is_left_out_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], peer: Peer, missing: str
) -> None:
    monkeypatch.setitem(peers.PEERS, "x", peer)
    assert installed("x") == (missing is None)
    told = f"x is left out: {missing} is not installed\n" if missing else ""
    assert capsys.readouterr().out == told


def test_only_a_full_batch_in_training_is_an_epoch_of_one_batch() -> None:
    assert [name for name, workload in WORKLOADS.items() if workload.one_batch] == ["W6"]


def test_threads_share_the_full_batch_as_fit_has_it() -> None:
    workload = WORKLOADS["W6"]
    x, y = np.zeros((workload.rows, *workload.shape), np.float32), np.zeros(workload.rows, np.intp)
    model = model_of(workload)
    assert model.step(model.examples(x, y), workload.rows_a_step).most_threads > 1


def test_every_peer_has_its_file() -> None:
    folder = {path.stem for path in Path(__file__).parent.glob("peers/*_peer.py")}
    assert {peer.module for peer in PEERS.values()} == folder
