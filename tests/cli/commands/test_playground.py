"""`nnctl playground`: what it prints, and its statuses."""

import re


def test_it_says_what_it_wrote(project, invoke):
    result = invoke("playground", "small.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"wrote    small\.html  \(\d+ kB; small: \d+ frames\)\n", result.stdout)
    result = invoke("playground", "small.yaml", "-o", "other.html", "--epochs", "1")
    assert result.stdout.startswith("wrote    other.html")
    assert sorted(path.suffix for path in project.iterdir()) == [".csv", ".html", ".html", ".yaml"]


def test_a_training_that_diverges_is_a_no(project, invoke):
    settings = "loss=mean_squared_error", "optimizer={type: sgd, learning_rate: 1e9}"
    text = (project / "table.csv").read_text()
    (project / "table.csv").write_text(text.replace("yes", "1").replace("no", "0"))
    layers = "layers=[{type: dense, units: 1}]"
    given = [word for each in (*settings, layers) for word in ("--set", each)]
    result = invoke("playground", "small.yaml", *given)
    assert result.exit_code == 1
    assert "wrote" in result.stdout and "the loss is" in result.stderr


def test_a_training_that_is_broken_off_leaves_no_page_and_says_so(project, invoke, monkeypatch):
    def broken_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nnctl.jobs.playground.playground_page", broken_off)
    result = invoke("playground", "small.yaml", "--epochs", "1")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "broken off; no page is written\n"
    assert not list(project.glob("*.html"))
