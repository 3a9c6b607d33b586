"""The pictures of pages are small, and of the part that is meant."""

from tests.docs.screens import HEIGHT, PLAYGROUND, WIDTH

MOST_BYTES = 150_000


def test_the_picture_of_the_playground_is_small_and_whole():
    data = PLAYGROUND.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) < MOST_BYTES
    sizes = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    assert sizes == (WIDTH, HEIGHT)
