"""The cores that the system grants, read from files as Linux and its containers have them."""

import os

import pytest

from nnctl.system import cores, machine

V2 = {"": None, "a": "max 100000", "a/b": "150000 100000", "a/b/c": "max 100000"}
V1 = {"cpu": (-1, 100000), "cpu/docker": (300000, 100000), "cpu/docker/x": (-1, 100000)}


def grant(tmp_path, lines, v2=V2, v1=V1):
    """The quota where the process's groups are those lines, among such groups."""
    (tmp_path / "cgroup").write_text("\n".join(lines) + "\n", encoding="utf-8")
    mount = tmp_path / "mount"
    for name, text in v2.items():
        (mount / name).mkdir(parents=True, exist_ok=True)
        if text is not None:
            (mount / name / "cpu.max").write_text(text + "\n", encoding="utf-8")
    for name, numbers in v1.items():
        (mount / name).mkdir(parents=True, exist_ok=True)
        for kind, number in zip(("quota", "period"), numbers, strict=True):
            (mount / name / f"cpu.cfs_{kind}_us").write_text(f"{number}\n", encoding="utf-8")
    return cores.quota_of(tmp_path / "cgroup", mount)


@pytest.mark.parametrize(
    ("lines", "quota"),
    [
        (["0::/"], None),
        (["0::/a"], None),
        (["0::/a/b"], 1.5),
        (["0::/a/b/c"], 1.5),  # a group has no more than those around it
        (["0::/unknown/outside/the/container"], None),
        (["1:cpu:/"], None),
        (["2:memory:/docker/x", "1:cpu:/docker/x"], 3),
        (["1:cpu:/docker/x", "0::/a/b"], 1.5),  # both versions, of which one may grant less
        (["3:cpuset:/docker", "0::/../.."], None),
        (["4:name=systemd:/a/b"], None),
    ],
    ids=str,
)
def test_the_quota_is_the_least_of_the_groups_that_the_process_is_in(lines, quota, tmp_path):
    assert grant(tmp_path, lines) == quota


def test_a_container_whose_root_is_its_own_group_has_the_quota_there(tmp_path):
    assert grant(tmp_path, ["0::/"], v2={"": "50000 100000"}, v1={}) == 0.5
    assert grant(tmp_path, ["0::/docker/seen/outside"], v2={"": "50000 100000"}, v1={}) == 0.5


def test_where_there_are_no_groups_there_is_no_quota(tmp_path):
    assert cores.quota_of(tmp_path / "cgroup", tmp_path) is None


@pytest.mark.parametrize(
    ("quota", "own", "processes", "threads", "why"),
    [
        (None, 8, 1, 8, "all there are"),
        (None, 8, 3, 2, "all there are"),
        (None, 3, 1, 3, "those that the process is bound to"),
        (None, 3, 2, 1, "those that the process is bound to"),
        (2.5, 8, 1, 2, "as its container grants the time of 2.5"),
        (2.5, 8, 2, 1, "as its container grants the time of 2.5"),
        (0.5, 8, 1, 1, "as its container grants the time of 0.5"),
        (6.0, 3, 1, 3, "those that the process is bound to"),
        (20.0, 8, 1, 8, "all there are"),
    ],
)
def test_there_are_as_many_threads_as_the_system_grants(
    quota, own, processes, threads, why, monkeypatch
):
    class Library:
        def info(self):
            return [{"user_api": "blas", "num_threads": 8}]

    monkeypatch.setattr(machine, "blas", Library)
    monkeypatch.setattr(cores, "quota", lambda: quota)
    monkeypatch.setattr(cores, "own_cores", lambda: frozenset(range(own)))
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert machine.available_threads(processes) == threads
    usable = machine.usable_cores()
    assert usable.all == 8 and usable.why == why
    assert usable.usable == machine.available_threads()


@pytest.mark.parametrize(("told", "threads"), [("1", 1), ("2", 2), ("many", 4), ("", 4)])
def test_the_environment_is_asked_where_the_library_is_not_known(told, threads, monkeypatch):
    class NoLibrary:
        def info(self):
            return []

    monkeypatch.setattr(machine, "blas", NoLibrary)
    monkeypatch.setattr(cores, "quota", lambda: None)
    monkeypatch.setattr(cores, "own_cores", lambda: frozenset(range(4)))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert machine.available_threads() == threads
