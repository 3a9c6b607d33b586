"""The drawing of a computation graph: its numbers are those of `--json`, and none is hidden."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from nnctl.errors import NnctlError
from nnctl.jobs.explain import explain

CONFIGS = Path(__file__).parents[3] / "configs"
SVG = "{http://www.w3.org/2000/svg}"
BRANCHED = """\
data: {train: table.csv, target: t, sample_weight: w}
layers:
  - {type: dense, units: 2, activation: silu, kernel_regularizer: {type: l1_l2, l1: 0.01, l2: 0.02}}
  - batch_normalization
  - {type: dense, units: 20, activation: tanh, kernel_regularizer: l2}
  - {type: dense, units: 1}
loss: mean_squared_error
optimizer: sgd
epochs: 1
"""
Numbers = dict[str, list[str]]


def boxes_in(file: Path) -> dict[str, Numbers]:
    """The texts beside each box by their kind; of a box that is repeated those of the last."""
    root = ElementTree.parse(file).getroot()
    found = {}
    for box in root.iter(f"{SVG}g"):
        texts: Numbers = {}
        for text in box.iter(f"{SVG}text"):
            texts.setdefault(text.attrib["class"], []).append(text.text or "")
        found[box.attrib["data-name"]] = texts
    return found


def read(text: str) -> float:
    """The number that a text ends in."""
    return float(text.split()[-1].replace("−", "-"))


@pytest.mark.parametrize(
    ("config", "loss", "slopes"),
    [
        ("backprop-one-neuron", 2, {"dense_1/kernel": -4, "dense_1/bias": 2}),
        (
            "backprop-two-layers",
            2,
            {
                "dense_1/kernel": 6,
                "dense_1/bias": 6,
                "dense_2/kernel": 4,
                "dense_2/bias": 2,
            },
        ),
    ],
)
def test_the_course_s_graphs_are_drawn_with_their_numbers(config, loss, slopes, tmp_path):
    file = tmp_path / "graph.svg"
    told = explain(CONFIGS / f"{config}.yaml", output=file, measure=False).as_json()
    boxes = boxes_in(file)
    assert boxes["J"]["value"] == [str(loss)]
    for name, slope in slopes.items():
        assert read(boxes[name]["slope"][0]) == slope
    for node in told["nodes"]:
        drawn = boxes[node["name"]]
        assert drawn["formula"] == [f"= {node['op']}"]
        assert [read(*drawn[kind]) for kind in ("value", "slope")] == [
            node["value"],
            node["gradient"],
        ]
    for name, figures in told["parameters"].items():
        drawn = boxes[name]
        assert (read(*drawn["value"]), read(*drawn["slope"])) == (
            figures["value"],
            figures["gradient"],
        )
        assert drawn["nudge"] == [f"nudge {figures['nudge']:.6g}".replace("-", "−")]
    assert set(boxes) == {*(node["name"] for node in told["nodes"]), *told["parameters"], "x", "y"}


@pytest.fixture
def branched(tmp_path) -> Path:
    (tmp_path / "table.csv").write_text("p,q,t,w\n1,2,1,1\n-1,0.5,0,2\n")
    (tmp_path / "model.yaml").write_text(BRANCHED)
    return tmp_path / "model.yaml"


def test_a_larger_network_has_a_node_a_tensor(branched, tmp_path):
    file = tmp_path / "graph.svg"
    told = explain(branched, output=file, measure=False).as_json()
    boxes = boxes_in(file)
    for node in told["nodes"]:
        value, slope = node["value"], node["gradient"]
        drawn = boxes[node["name"]]
        if isinstance(value, dict):
            assert drawn["value"][::-1] == [
                "×".join(map(str, value["shape"])),
                f"mean {value['mean']:.3g}".replace("-", "−"),
                f"norm {value['norm']:.3g}",
            ]
            assert drawn["slope"][1] == f"norm {slope['norm']:.3g}"
        else:
            known = np.ravel(value).tolist()
            assert [read(text) for text in drawn["value"]][::-1][-len(known) :] == pytest.approx(
                known, rel=1e-5
            )
    assert {"dense_1/kernel", "batch_normalization_1/gamma", "x", "y", "sample_weight"} <= set(
        boxes
    )


def test_all_that_a_node_reads_has_an_arrow_into_it(branched, tmp_path):
    file = tmp_path / "graph.svg"
    explain(branched, output=file, measure=False)
    root = ElementTree.parse(file).getroot()
    # One from each box, but for those of J, which leaves the drawing, and of what is read again.
    arrows = [path for path in root.iter(f"{SVG}path") if path.attrib["class"] == "arrow"]
    boxes = list(root.iter(f"{SVG}g"))
    assert len([path for path in arrows if "marker-end" in path.attrib]) > len(boxes)
    width, height = (float(root.attrib[key]) for key in ("width", "height"))
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.attrib["x"]) < width and 0 < float(text.attrib["y"]) < height


def test_the_drawing_is_the_same_every_time(branched, tmp_path):
    files = [tmp_path / name for name in ("a.svg", "b.SVG")]
    for file in files:
        explain(branched, output=file, measure=False)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_another_kind_of_file_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(NnctlError, match=r"graph\.png: the drawing is an SVG file"):
        explain(tmp_path / "nowhere.yaml", output=tmp_path / "graph.png")
    assert not list(tmp_path.iterdir())
