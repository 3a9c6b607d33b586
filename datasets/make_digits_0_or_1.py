"""Makes digits-0-or-1-*.csv.gz: the zeros and ones among the shipped MNIST images.

python datasets/make_digits_0_or_1.py
"""

import gzip
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    for part in ("train", "test"):
        with gzip.open(HERE / f"mnist-{part}.csv.gz", "rt", encoding="ascii") as file:
            header, *rows = file
        kept = [row for row in rows if row.partition(",")[0] in ("0", "1")]
        text = "".join([header, *kept]).encode("ascii")
        path = HERE / f"digits-0-or-1-{part}.csv.gz"
        path.write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
