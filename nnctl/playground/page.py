"""The page: its markup, styles and scripts, which lie beside this, and what it is given of models.

It loads nothing, and runs no script but its own, by whose hash the browser knows it.
"""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BESIDE = Path(__file__).parent
# In the order in which each needs what those before it define.
SCRIPTS = (
    "activations",
    "layers",
    "losses",
    "model",
    "drawing",
    "surface",
    "network",
    "charts",
    "steps",
    "trying",
    "page",
)
STRAY = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def script() -> str:
    """All scripts, one behind the other."""
    parts = [(BESIDE / "scripts" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    return '"use strict";\n' + "\n".join(parts)


def playground_page(models: Sequence[dict[str, Any]]) -> str:
    """The page on some models, each as `contents_of` gives it."""
    own = script()
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    # A name may hold "</script>": as JSON nothing in it is markup.
    contents = json.dumps(models, allow_nan=False, separators=(",", ":")).translate(STRAY)
    parts = {
        "title": html.escape(", ".join(model["name"] for model in models)),
        "digest": digest,
        "style": (BESIDE / "page.css").read_text("utf-8"),
        "contents": contents,
        "script": own,
    }
    before, *others = (BESIDE / "page.html").read_text("utf-8").split("{{")
    pieces = [before]
    for other in others:
        name, _, text = other.partition("}}")
        pieces += [parts[name], text]
    return "".join(pieces)
