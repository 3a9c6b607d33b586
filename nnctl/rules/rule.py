"""What a rule of advice says of itself."""

from typing import NamedTuple


class Rule(NamedTuple):
    """A mistake that trains without an error.

    `code` is its stable name, `title` names the mistake, `why` says in half a sentence what is
    wrong with it, and `page` explains it at length, in paragraphs; indented lines are YAML.
    """

    code: str
    title: str
    why: str
    page: str
