"""What programs write where there is no value, besides the usual marks of every table."""

_NUMBERS = (
    "? - -- --- . .. * NULL Null None none NONE Nan NAN #N/A #NA <NA> na n/a N.A. n.a. (null) "
    "#DIV/0! #VALUE! #REF! #NUM! missing Missing unknown Unknown"
)
_DATES = ("0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00/00/0000")
KNOWN_MARKS = frozenset([*_NUMBERS.split(), *_DATES])
