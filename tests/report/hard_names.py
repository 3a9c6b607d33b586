"""A table whose columns and classes have names that no page expects, and a study of such."""

import json
from pathlib import Path

import numpy as np

HARD_NAMES = [
    "<script>alert('column')</script>",
    "L" + "ong" * 66 + "!",  # 200 letters without a place to break
    "עברית וערבית العربية",
    "🙂 emoji 👩‍🔬",
    "\u202eturned round",
    "$x^2$ & <b>bold</b>",
    *(f"column number {k}" for k in range(20)),
]
HARD_CLASSES = ["<img src=x onerror=alert(1)>", "ק" * 40, "🐍" * 30, "x" * 200]
HARD = f"""\
data:
  train: hard.csv
  target: "</table><h1>target"
  features: {json.dumps(HARD_NAMES, ensure_ascii=False)}
  scale: standardize
  validation: 0.3
layers: [{{type: dense, units: 4, activation: tanh}}, {{type: dense, units: 4}}]
loss: {{type: sparse_categorical_crossentropy, from_logits: true}}
optimizer: {{type: adam, learning_rate: 0.05}}
epochs: 3
"""
KEYS = ("optimizer.learning_rate", "layers.0.activation", "data.columns." + HARD_NAMES[1])
HARD_STUDY = {
    "monitor": "val_loss",
    "direction": "minimize",
    "history": [
        {
            "trial": k,
            "state": "pruned" if k % 4 == 3 else "complete",
            "value": None if k % 4 == 3 else 1 / (k + 1),
            "epochs": 3,
            "values": dict(
                zip(KEYS, (10.0 ** (k % 5 - 5), HARD_CLASSES[k % 4], {"t": k % 2}), strict=True)
            ),
        }
        for k in range(12)
    ],
    "best": {"trial": 10, "value": 1 / 11},
    "complete": 9,
    "pruned": 3,
    "failed": 0,
    "seconds": 1.5,
    "seed": 0,
    "versions": {"nnctl": "1"},
    "importance": dict(zip(KEYS, (0.7, 0.2, 0.1), strict=True)),
    "importance_method": "PED-ANOVA",
}


def write_hard_table(path: Path) -> None:
    """Rows of numbers under the names, and of the classes."""
    draw = np.random.default_rng(3)
    quoted = [f'"{name}"' for name in [*HARD_NAMES, "</table><h1>target"]]
    lines = [",".join(quoted)]
    for k, row in enumerate(draw.normal(size=(40, len(HARD_NAMES)))):
        numbers = ",".join(f"{value + k % 4:.2f}" for value in row)
        lines.append(f'{numbers},"{HARD_CLASSES[k % 4]}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
