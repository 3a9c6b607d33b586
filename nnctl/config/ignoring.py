"""The codes of advice that a config wants to hear nothing of."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from nnctl.config.constraints import Phrase
from nnctl.config.problems import detail, errors
from nnctl.config.wording import excerpt
from nnctl.errors import did_you_mean
from nnctl.rules import RULES


def known_code(value: Any) -> Any:
    """The code, if there is such a rule; raises a worded error for other text."""
    if not isinstance(value, str) or value in RULES:
        return value
    message = f"no advice has the code {excerpt(value)}; there are: {', '.join(sorted(RULES))}"
    raise errors(detail(message, did_you_mean(value, list(RULES))))


AdviceCode = Annotated[
    str,
    Phrase("a code of advice", "codes of advice", options=tuple(sorted(RULES))),
    BeforeValidator(known_code),
]
