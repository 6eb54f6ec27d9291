r"""Decoded text as UTF-8 bytes: in blocks for a fast parser, in lines for a careful one, from one position.

In: chunks of text. Out: blocks or lines with their numbers. Invariant: \n, \r\n and \r end a line; a line
longer than the limit is never held, it is an `OverlongLine` and reading goes on behind it. Does not belong
here: encodings, and what a line means.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

_LINE_END = re.compile(rb"\r\n|\n|\r")
_SHOWN = 200


class OverlongLine(Exception):  # noqa: N818  a fact about a line, always caught where lines are read
    """A line beyond the limit: its beginning; the rest was passed over."""

    def __init__(self, start: bytes, length: int) -> None:
        self.start = start
        self.length = length
        super().__init__(f"a line of {length} bytes")


class TextLines:
    """Text that is taken from its start, line by line or block by block.

    Args:
        chunks: the text.
        longest_line: bytes that a line may have.
    """

    def __init__(self, chunks: Iterator[str], longest_line: int) -> None:
        self.line = 1  # number of the line that comes next
        self.taken = 0  # bytes, so far
        self.longest_line = longest_line
        self._chunks = chunks
        self._text = b""
        self._at = 0
        self._is_end = False
        self._returned: deque[bytes | OverlongLine] = deque()

    def next_line(self) -> bytes | None:
        """The next line with its end; None after the last.

        Raises:
            OverlongLine: the line is too long; the one after it comes next.
        """
        line = self._returned.popleft() if self._returned else self._read_line()
        if line is None:
            return None
        self.line += 1
        if isinstance(line, OverlongLine):
            self.taken += line.length
            raise line
        self.taken += len(line)
        return line

    def give_back(self, lines: Sequence[bytes | OverlongLine]) -> None:
        """Let the lines taken last come again."""
        self._returned.extendleft(reversed(lines))
        self.line -= len(lines)
        self.taken -= sum(line.length if isinstance(line, OverlongLine) else len(line) for line in lines)

    def block(self, size: int) -> tuple[bytes, bool]:
        """The next `size` bytes, fewer at the end, not yet taken; and whether nothing follows them.

        Nothing where an overlong line was given back: it has to come as a line.
        """
        if self._returned or len(self._text) - self._at < size:
            parts: list[bytes] = [line for line in self._returned if isinstance(line, bytes)]
            if len(parts) < len(self._returned):
                return b"", False
            self._returned.clear()
            parts.append(self._text[self._at :])
            have = sum(map(len, parts))
            while have < size and not self._is_end:
                parts.append(self._chunk())
                have += len(parts[-1])
            self._text, self._at = b"".join(parts), 0
        block = self._text[self._at : self._at + size]
        return block, self._is_end and self._at + len(block) == len(self._text)

    def take(self, length: int, lines: int) -> None:
        """Take this many bytes, and lines, of the block seen last."""
        self._at += length
        self.taken += length
        self.line += lines

    def _chunk(self) -> bytes:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._is_end = True
            return b""
        return chunk.encode()

    def _read_line(self) -> bytes | OverlongLine | None:
        searched = self._at
        while True:
            found = _LINE_END.search(self._text, searched)
            # a carriage return at the edge may be half of a line end
            if found and (found.end() < len(self._text) or found[0] != b"\r" or self._is_end):
                line = self._text[self._at : found.end()]
                self._at = found.end()
                if len(line) > self.longest_line:
                    return OverlongLine(line[:_SHOWN], len(line))
                return line
            if self._is_end:
                line, self._at = self._text[self._at :], len(self._text)
                return line or None
            if len(self._text) - self._at > self.longest_line:
                return self._pass_over()
            searched = max(len(self._text) - 1, self._at) - self._at
            self._text = self._text[self._at :] + self._chunk()
            self._at = 0

    def _pass_over(self) -> OverlongLine:
        """Drop the rest of a line that is too long to be held."""
        start = self._text[self._at : self._at + _SHOWN]
        length = 0
        while True:
            found = _LINE_END.search(self._text, self._at)
            if found and (found.end() < len(self._text) or found[0] != b"\r" or self._is_end):
                length += found.end() - self._at
                self._at = found.end()
                break
            if self._is_end:
                length += len(self._text) - self._at
                self._at = len(self._text)
                break
            keep = 1 if self._text.endswith(b"\r") else 0
            length += len(self._text) - self._at - keep
            self._text = self._text[len(self._text) - keep :] + self._chunk()
            self._at = 0
        return OverlongLine(start, length)


def without_last_lines(chunks: Iterator[str], count: int) -> Iterator[str]:
    """The text without its last lines that are not blank (a footer), and what is blank around them."""
    held = ""
    for chunk in chunks:
        held += chunk
        cut = _start_of_last(held, count)
        if cut:
            yield held[:cut]
            held = held[cut:]


def _start_of_last(text: str, count: int) -> int:
    """Where the last `count` lines that are not blank begin."""
    end = len(text.rstrip())
    last = len(text)
    for _ in range(count):
        start = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
        if start == 0:
            return 0
        end = len(text[:start].rstrip()) if text[:start].strip() else 0
        last = start
    return last
