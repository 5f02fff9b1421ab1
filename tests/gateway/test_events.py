"""Server-sent events are the same however a stream is cut, and one that does not end is not waited for."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillwatch.gateway.events import Event, EventReader, EventTooLong

ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
LINES = st.sampled_from(
    [b"data: a", b"data:b", b"data", b"data:  c", b"event: say", b": kept alive", b"id: 7", b"retry: 1", b"", b"", b"x"]
)
STREAMS = st.tuples(st.booleans(), st.lists(st.tuples(LINES, ENDS), max_size=24))


def written(stream: tuple[bool, list[tuple[bytes, bytes]]]) -> bytes:
    marked, lines = stream
    return (b"\xef\xbb\xbf" if marked else b"") + b"".join(line + end for line, end in lines)


def read(pieces: list[bytes]) -> list[Event]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)]


def by_the_standard(content: bytes) -> list[Event]:
    """Read whole, line by line, as the standard says it."""
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[Event] = []
    name: str | None = None
    data: list[bytes] = []
    for line in text.split(b"\n")[:-1]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            found += [Event(name, b"\n".join(data))] if data else []
            name, data = None, []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode()
    return found


@settings(deadline=None, max_examples=300)
@given(STREAMS, st.lists(st.integers(0, 300), max_size=12))
@example((False, [(b"data: a", b"\r"), (b"", b"\n"), (b"data: a", b"\r\n"), (b"", b"\r")]), list(range(40)))
@example((True, [(b"data: a", b"\n"), (b"", b"\n")]), [0, 1, 2, 3])
def test_however_a_stream_is_cut_its_events_are_the_same(
    stream: tuple[bool, list[tuple[bytes, bytes]]], cuts: list[int]
) -> None:
    content = written(stream)
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    pieces = [content[begin:end] for begin, end in itertools.pairwise(places)]
    assert read(pieces) == read([content]) == by_the_standard(content)


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 90, b"x" * 100, b"data: xxxx\n", b"data\n", b"data:\r"])
def test_an_event_that_does_not_end_is_not_waited_for(piece: bytes) -> None:
    reader = EventReader(longest=10_000)
    pieces = itertools.repeat(piece, 20_000)
    with pytest.raises(EventTooLong):
        list(itertools.chain.from_iterable(map(reader.feed, pieces)))


def test_comments_that_keep_a_connection_alive_are_no_event() -> None:
    reader = EventReader(longest=1_000)
    assert not [event for _ in range(2_000) for event in reader.feed(b": kept alive\n\n")]
    assert list(reader.feed(b"data: a\n\n")) == [Event(None, b"a")]
