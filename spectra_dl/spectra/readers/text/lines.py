"""Bytes in, numbered lines of text out: encoding, line ends, limits, one chunk in memory."""

import codecs
import io
from collections import deque
from collections.abc import Iterator

from spectra_dl.errors import DataError

MAX_LINE_CHARACTERS = 8 << 20
SAMPLE_LINES = 64
SAMPLE_CHARACTERS = 1 << 16
SAMPLE_LEAST_LINES = 8

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
FALLBACK_ENCODING = "cp1252"
# Escape stands in ids now and then (and is escaped on output); the other control characters mean binary data.
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x1b"))


ZEROS_IN = 4096
_MOSTLY = 0.9


def unmarked_utf_16(head: bytes) -> str:
    """Return the encoding of Latin text of two bytes a letter without a byte order mark; "" for anything else.

    >>> unmarked_utf_16("400,1.5".encode("utf-16-le")), unmarked_utf_16(b"400,1.5")
    ('utf-16-le', '')
    """
    head = head[:ZEROS_IN]
    pairs = len(head) // 2
    first, second = (head[start : 2 * pairs : 2].count(0) for start in (0, 1))
    if pairs < 2 or min(first, second) > 0 or max(first, second) < _MOSTLY * pairs:
        return ""
    return "utf-16-le" if second > first else "utf-16-be"


class Lines:
    """The lines of a text file, with look-ahead and push-back.

    Attributes
    ----------
    name
        The file's name for messages.
    notes
        What was guessed about the text so far (byte order mark, encoding).
    """

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        self.name = name
        self.notes: list[str] = []
        self._texts = _Decoder(name, self.notes).decode(chunks)
        self._ready: deque[str] = deque()
        self._rest = ""
        self._given = 0
        self._ended = False

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._fill()
        self._given += 1
        return self._given, self._ready.popleft()

    def peek(self, most: int = SAMPLE_LINES) -> list[str]:
        """Return the next lines without taking them: at most ``most``, fewer (but 8) if they are long."""
        count, characters = 0, 0
        while count < most and (count < SAMPLE_LEAST_LINES or characters < SAMPLE_CHARACTERS):
            while len(self._ready) <= count and not self._ended:
                self._fill()
            if len(self._ready) <= count:
                break
            characters += len(self._ready[count])
            count += 1
        return [self._ready[k] for k in range(count)]

    def push_back(self, line: str) -> None:
        """Give the last taken line back, perhaps changed."""
        self._ready.appendleft(line)
        self._given -= 1

    def _fill(self) -> None:
        text = next(self._texts, None)
        if text is None:
            self._ended = True
            if self._rest:
                self._ready.append(self._rest)
            self._rest = ""
            return
        complete = (self._rest + text).split("\n")
        self._rest = complete.pop()
        self._ready.extend(complete)
        if len(self._rest) > MAX_LINE_CHARACTERS:
            raise DataError(
                f"{self.name} line {self._given + len(self._ready) + 1}: longer than "
                f"{MAX_LINE_CHARACTERS >> 20} million characters, so not a table of spectra (at most 65,536 points)"
            )


class _Decoder:
    r"""Decode chunks as UTF-8 or by their byte order mark, else as Windows-1252; translate line ends to ``\n``."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self._name = name
        self._notes = notes
        self._encoding = "utf-8"
        self._only_ascii = True
        self._offset = 0

    def decode(self, chunks: Iterator[bytes]) -> Iterator[str]:
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        decoder: codecs.IncrementalDecoder | None = None
        for chunk in chunks:
            if decoder is None:
                chunk = self._without_mark(chunk)
                self._refuse_binary(chunk)
                decoder = codecs.getincrementaldecoder(self._encoding)("strict")
            decoder, text = self._step(decoder, chunk, final=False)
            yield newlines.decode(text)
            self._offset += len(chunk)
        if decoder is not None:
            _, text = self._step(decoder, b"", final=True)
            yield newlines.decode(text, final=True)

    def _without_mark(self, chunk: bytes) -> bytes:
        for mark, encoding in BYTE_ORDER_MARKS:
            if chunk.startswith(mark):
                self._encoding = encoding
                self._offset = len(mark)
                self._notes.append(f"a byte order mark says the file is {encoding.upper()}")
                return chunk[len(mark) :]
        encoding = unmarked_utf_16(chunk)
        if encoding:
            self._encoding = encoding
            self._notes.append(
                f"every second byte is 0, so the file was read as {encoding.upper()}; it has no byte order mark"
            )
        return chunk

    def _refuse_binary(self, chunk: bytes) -> None:
        if (
            self._encoding == "utf-8"
            and len(chunk) - len(chunk.translate(None, CONTROL_BYTES)) > len(chunk) / 100
        ):
            raise DataError(f"{self._name}: binary data, not a text table; export the spectra as CSV")

    def _step(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool
    ) -> tuple[codecs.IncrementalDecoder, str]:
        if self._encoding in ("utf-8", FALLBACK_ENCODING) and b"\x00" in chunk:
            offset = self._offset + chunk.index(b"\x00")
            raise DataError(
                f"{self._name}: a NUL byte at offset {offset}; save the table as UTF-8 text again"
            )
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as err:
            decoder, text = self._fall_back(decoder, chunk, err)
        self._only_ascii = self._only_ascii and text.isascii()
        if "\x00" in text:
            raise DataError(
                f"{self._name}: a NUL character after {self._offset} bytes; save the table as UTF-8 text again"
            )
        return decoder, text

    def _fall_back(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, err: UnicodeDecodeError
    ) -> tuple[codecs.IncrementalDecoder, str]:
        pending = decoder.getstate()[0]
        # Only a file that was plain ASCII up to here can be Windows-1252 as a whole.
        single_bytes = self._encoding == "utf-8" and self._only_ascii and err.object[: err.start].isascii()
        fallback = codecs.getincrementaldecoder(FALLBACK_ENCODING)("strict")
        try:
            if not single_bytes:
                raise err
            text = fallback.decode(pending + chunk)
        except UnicodeDecodeError as bad:
            raise DataError(
                f"{self._name}: byte {self._offset - len(pending) + err.start} is not {self._encoding.upper()} and the file is not "
                f"Windows-1252 either; save the table as UTF-8 text"
            ) from bad
        self._encoding = FALLBACK_ENCODING
        self._notes.append("the file is not UTF-8; it was read as Windows-1252 (Latin-1)")
        return fallback, text
