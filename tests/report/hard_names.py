"""A table whose columns and classes have names that no page expects, and configs for it."""

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
SEARCH = """\
tune:
  monitor: loss
  trials: 8
  pruner: none
  search:
    optimizer.learning_rate: {low: 1e-3, high: 1e-1, log: true}
    layers.0.activation: [tanh, {type: elu, alpha: 0.5}, relu]
"""


def write_hard_table(path: Path) -> None:
    """Rows of numbers under the names, and of the classes."""
    draw = np.random.default_rng(3)
    quoted = [f'"{name}"' for name in [*HARD_NAMES, "</table><h1>target"]]
    lines = [",".join(quoted)]
    for k, row in enumerate(draw.normal(size=(40, len(HARD_NAMES)))):
        numbers = ",".join(f"{value + k % 4:.2f}" for value in row)
        lines.append(f'{numbers},"{HARD_CLASSES[k % 4]}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
