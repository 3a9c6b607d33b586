"""Small tables, and the advice on a config for them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from nnctl.advice import Advice, advice_for
from nnctl.assembly.build import build
from nnctl.config import load

ROWS = 60
Advise = Callable[..., tuple[Advice, ...]]


def tables() -> dict[str, dict[str, Sequence[object]]]:
    """Columns by table: two sound inputs `a` and `b`, targets of every kind, and what is odd."""
    generator = np.random.default_rng(7)
    a, b = generator.normal(size=ROWS).round(4), generator.normal(size=ROWS).round(4)
    noise = generator.normal(size=ROWS)
    index = np.arange(ROWS)
    sound = {"a": a, "b": b}
    kind = [("red", "green", "blue")[k % 3] for k in index]
    apart = [("low", "middle", "high")[place * 3 // ROWS] for place in (a + b).argsort().argsort()]
    price = (2 * a - b + noise).round(4)
    yes = [("no", "yes")[k % 2] for k in index]
    return {
        "numbers": {**sound, "price": price},
        "positive": {**sound, "price": np.abs(price) + 1},
        "share": {**sound, "share": (1 / (1 + np.exp(-price))).round(4)},
        "kinds": {**sound, "kind": kind},
        "answers": {**sound, "answer": yes},
        "labels": {**sound, "car": index % 2, "bus": index // 2 % 2},
        "rare_labels": {**sound, "car": index % 2, "bus": (index % 20 == 0).astype(int)},
        "digits": {**sound, "digit": index % 4},
        "from_one": {**sound, "digit": index % 4 + 1},
        "rare": {**sound, "answer": ["yes" if k % 10 == 0 else "no" for k in index]},
        "rare_kind": {**sound, "kind": [("red", "green")[k % 2] if k else "blue" for k in index]},
        "large": {"a": a * 1000, "b": b, "price": price},
        "apart": {**sound, "kind": apart},
        "wide": {"a": a * 50, "b": b * 50, "kind": apart},
        "zeros": {"a": 0 * a, "b": 0 * b, "kind": kind},
        "tiny": {"a": a / 1000, "b": b / 1000, "price": price},
        "copied": {**sound, "cost": price, "price": price},
        "coded": {**sound, "code": [{"r": 7, "g": 3, "b": 5}[k[0]] for k in kind], "kind": kind},
        "named": {**sound, "colour": [k.upper() for k in kind], "kind": kind},
        "parted": {**sound, "limit": (1 - a).round(3), "answer": np.where(a > 0, "yes", "no")},
        "converted": {**sound, "cost": (1.21 * price + 3).round(6), "price": price},
        "counted": {"row": generator.permutation(ROWS) + 17, **sound, "price": price},
        "customers": {
            **sound,
            "customer": [f"C-{k:05}" for k in generator.permutation(ROWS)],
            "price": price,
        },
        "units": {**sound, "size": [f"{30 + k % 25} km" for k in index], "price": price},
        "people": {**sound, "person": [f"person {k}x" for k in index], "price": price},
        "patients": {
            **sound,
            "patientId": generator.permutation(ROWS) * 10_000_019,
            "price": price,
        },
        "orders": {"order_no": 7 * index + 100, **sound, "price": price},
        "visitors": {
            "number": generator.permutation(ROWS) ** 2,
            "shop_id": index % 9,
            **sound,
            "price index": index + 0.5,
            "price": price,
        },
        "sorted": {**sound, "kind": ["red"] * 24 + ["green"] * 24 + ["blue"] * 12},
        "pixels": {
            **{f"p{k}": generator.normal(size=ROWS).round(4) for k in range(36)},
            "kind": kind,
        },
        "first_rows": {**sound, "price": price},
        "others": {"a": noise.round(4), "b": a, "price": b},
    }


def write(table: dict[str, Sequence[object]], path: Path, rows: int = ROWS) -> None:
    lines = [
        ",".join(table),
        *(",".join(map(str, row)) for row in zip(*table.values(), strict=True)),
    ]
    path.write_text("\n".join(lines[: rows + 1]) + "\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with a CSV file for each table."""
    for name, table in tables().items():
        write(table, tmp_path / f"{name}.csv", 10 if name == "first_rows" else ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def advise(folder: Path) -> Advise:
    """The advice on a config's text, with `--set` values on top."""

    def advised(text: str, overrides: Sequence[str] = ()) -> tuple[Advice, ...]:
        (folder / "config.yaml").write_text(text)
        return advice_for(build(load("config.yaml", overrides=overrides)))

    return advised
