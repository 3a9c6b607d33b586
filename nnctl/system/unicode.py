"""One spelling for text that looks the same."""


def normal_form(text: str) -> str:
    """The text with each accented letter as one character (NFC), as most programs write it.

    A name typed elsewhere, where letter and accent are two, is the same name then.
    """
    if text.isascii():
        return text
    from unicodedata import normalize  # rarely needed

    return normalize("NFC", text)
