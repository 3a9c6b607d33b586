"""A fix for a table is followed: the problem is gone, and what is told then is another, or nothing.

Where there is a config, the fix is one for the config; `predict` and `evaluate` have none.
"""

import re
import unicodedata
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke

NAMES = ["size", "caf\u00e9"]
ROWS = [(1, 2), (3, 4), (5, 6), (7, 9)]
CONFIG = """\
data: {train: homes.csv, target: café}
layers: [{type: dense, units: 1}]
loss: mean_squared_error
optimizer: sgd
epochs: 1
"""


def table(delimiter: str = ",", *, form: str = "NFC", first: str = "", names=NAMES) -> str:
    rows = [[unicodedata.normalize(form, name) for name in names], *ROWS]
    return first + "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homes.csv").write_text(table())
    (tmp_path / "homes.yaml").write_text(CONFIG)
    return tmp_path / "homes.csv"


def fix_of(text: str) -> str:
    found = re.search(r"fix: (.*)", text)
    assert found is not None, text
    return found[1]


# What is wrong with the table, and how its fix is followed.
FOLLOWED = {
    "semicolons": table(";"),
    "tabs": table("\t"),
    "bars": table("|"),
    "no header": table().partition("\n")[2],
    "another encoding": table().encode("latin-1"),
    "UTF-16": table().encode("utf-16"),
    "a gap": table().replace("3,4", ",4"),
    "a misspelt target": table(names=["size", "caffé"]),
    "a column of the table that is no number": table().replace("5,6", "no idea,6"),
    "a number that is too large": table().replace("5,6", "5e50,6"),
}
OPTION = re.compile(r"(?:set |name its encoding, such as )([a-z_.]+: [^, ]+)")


@pytest.mark.parametrize("case", FOLLOWED)
def test_a_fix_for_a_config_is_followed(homes: Path, invoke: Invoke, case: str) -> None:
    content = FOLLOWED[case]
    homes.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = invoke("validate", "homes.yaml").stdout
    fix = fix_of(text)
    message = text.splitlines()[1]
    settings = [each.replace(": ", "=", 1) for each in OPTION.findall(fix)]
    if "did you mean" in fix:
        settings = [f"data.target={fix.split(chr(34))[1]}"]
    if "data.missing" in fix and not settings:
        settings = ["data.missing=mean"]
    if "data.missing_values" in fix:
        settings = ['data.missing_values=["no idea"]', "data.missing=mean"]
    assert settings, fix
    arguments = [word for each in settings for word in ("--set", each)]
    if case == "no header":
        arguments += ["--set", "data.target=1"]
    after = invoke("validate", "homes.yaml", *arguments)
    assert message not in after.stdout
    assert after.exit_code == 0, after.stdout


def mend(content: str | bytes, fix: str) -> str:
    """The table, mended as the fix says."""
    if "UTF-8" in fix:
        return content.decode("utf-16" if content.startswith(b"\xff\xfe") else "latin-1")
    if found := re.fullmatch(r'put "(.)" between them', fix):
        return re.sub(r"[;\t|]", found[1], content)
    if found := re.search(r'column "(.*)", call it "(.*)" in', fix):
        return content.replace(found[1], found[2])
    if "line of column names" in fix:
        return ",".join(NAMES) + "\n" + content
    assert re.search(r"fill it in|mend it", fix), fix
    return re.sub(r"(^|\n)(no idea|5e50)?(?=,)", r"\g<1>3", content)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("case", [case for case in FOLLOWED if "target" not in case])
def test_a_fix_without_a_config_can_be_followed(
    homes: Path, invoke: Invoke, command: str, case: str
) -> None:
    assert invoke("train", "homes.yaml", "-q").exit_code == 0
    content = FOLLOWED[case]
    new = Path("new.csv")
    new.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = invoke(command, "homes", "new.csv")
    assert result.exit_code == 2
    assert "data." not in result.stderr and "dtype" not in result.stderr
    new.write_text(mend(content, fix_of(result.stderr)))
    assert invoke(command, "homes", "new.csv").exit_code == 0


def test_a_column_that_the_model_calls_otherwise(homes: Path, invoke: Invoke) -> None:
    assert invoke("train", "homes.yaml", "-q").exit_code == 0
    Path("new.csv").write_text(content := table(names=["sizes", "café"]))
    fix = fix_of(invoke("predict", "homes", "new.csv").stderr)
    Path("new.csv").write_text(mend(content, fix))
    assert invoke("predict", "homes", "new.csv").exit_code == 0


@pytest.mark.parametrize("trained", ["NFC", "NFD"])
@pytest.mark.parametrize("given", ["NFC", "NFD"])
@pytest.mark.parametrize("config", ["NFC", "NFD"])
def test_names_that_look_the_same_are_the_same(
    homes: Path, invoke: Invoke, trained: str, given: str, config: str
) -> None:
    homes.write_text(table(form=trained))
    Path("homes.yaml").write_text(unicodedata.normalize(config, CONFIG))
    assert invoke("train", "homes.yaml", "-q").exit_code == 0
    Path("new.csv").write_text(table(form=given))
    name = unicodedata.normalize(config, "café")
    result = invoke("predict", "homes", "new.csv", "--keep", "size")
    assert result.exit_code == 0 and result.stdout.startswith("size,café\n")
    result = invoke("evaluate", "homes", "new.csv", "--target", name)
    assert result.exit_code == 0, result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("first", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\ufeffsep=;\n"])
def test_a_first_line_may_state_the_delimiter(homes: Path, invoke: Invoke, first: str) -> None:
    content = table(";", first=first)
    homes.write_text(content, newline="")
    assert invoke("validate", "homes.yaml").exit_code == 0
    homes.write_text(content.replace("5;6", "x;6"), newline="")
    assert "homes.csv:5  column size" in invoke("validate", "homes.yaml").stdout
    homes.write_text(content, newline="")
    assert invoke("init", "homes.csv", "--target", "café", "-o", "i.yaml").exit_code == 0
    assert "sep=" not in Path("i.yaml").read_text()
    assert invoke("train", "i.yaml", "-q", "--epochs", "1", "-o", "r").exit_code == 0
    Path("plain.csv").write_text(table())
    predictions = {invoke("predict", "r", name).stdout for name in ("homes.csv", "plain.csv")}
    assert len(predictions) == 1


@pytest.mark.slow
def test_shards_may_state_their_delimiter(homes: Path, invoke: Invoke) -> None:
    for part in (1, 2):
        Path(f"part-{part}.csv").write_text(table(";", first="sep=;\n"))
    result = invoke("validate", "homes.yaml", "--set", "data.train=part-*.csv", "--json")
    assert result.exit_code == 0, result.stdout
    Path("part-2.csv").write_text(table(";", first="sep=;\n").replace("5;6", "x;6"))
    result = invoke("validate", "homes.yaml", "--set", "data.train=part-*.csv")
    assert "part-2.csv:5  column size" in result.stdout
