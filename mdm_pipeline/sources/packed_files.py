"""Packed files (gzip, zstd, bzip2, xz, zip with one member) as the plain stream inside.

In: a path. Out: a binary stream, unpacked while it is read, and the name of what is inside. Invariant: a packed
file that was cut or damaged is an error while it is read, never a shorter file. Does not belong here: what
the content means.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import pyarrow as pa

PACKED_ENDINGS = (".gz", ".zst", ".bz2", ".xz", ".zip")
UNPACKING_ERRORS = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


def plain_name(path: Path) -> str:
    """The name without the packing: `orders.csv.gz` is `orders.csv`, a zip's is that of its only member.

    Raises:
        ValueError: a zip holds no file or several.
        BadZipFile: it is no zip.
    """
    ending = path.suffix.lower()
    if ending == ".zip":
        with zipfile.ZipFile(path) as archive:
            return _member(archive).filename
    return path.stem if ending in PACKED_ENDINGS else path.name


def open_plain(path: Path) -> BinaryIO:
    """The unpacked stream."""
    return _OPENERS.get(path.suffix.lower(), _open_unpacked)(path)


def _open_unpacked(path: Path) -> BinaryIO:
    return path.open("rb")


def _open_zip(path: Path) -> BinaryIO:
    archive = zipfile.ZipFile(path)
    try:
        # the member keeps the archive's file open as long as it is open itself
        return cast(BinaryIO, archive.open(_member(archive)))
    except RuntimeError as error:
        raise ValueError(f"it is locked by a password ({error}); expected an open zip") from error
    finally:
        archive.close()


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and "__MACOSX" not in member.filename and PurePosixPath(member.filename).name[0] != "."
    ]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:5]) or "none"
        raise ValueError(f"a zip must hold exactly one file, this one holds {len(members)} ({names})")
    return members[0]


class _Unpacked(io.RawIOBase):
    """Arrow's unpacking stream as a binary stream of Python, closing the file below it."""

    def __init__(self, path: Path, kind: str) -> None:
        self._file = pa.OSFile(str(path))
        self._stream = pa.CompressedInputStream(self._file, kind)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._file.close()
        super().close()


def _open_zstd(path: Path) -> BinaryIO:
    return io.BufferedReader(_Unpacked(path, "zstd"), buffer_size=1 << 20)


def _open_xz(path: Path) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(path))  # noqa: SIM115  the caller closes it


_OPENERS: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": lambda path: cast(BinaryIO, gzip.GzipFile(path)),
    ".bz2": lambda path: cast(BinaryIO, bz2.BZ2File(path)),
    ".xz": _open_xz,
    ".zip": _open_zip,
    ".zst": _open_zstd,
}
