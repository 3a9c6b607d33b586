"""Text that looks the same is the same."""

import pytest

from nnctl.system.unicode import normal_form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("caf\u00e9", "caf\u00e9"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("A\u030a", "\u00c5"),
        ("plain", "plain"),
        ("ﬁ", "ﬁ"),
        ("", ""),
    ],
)
def test_letter_and_accent_become_one(written: str, form: str) -> None:
    assert normal_form(written) == form
