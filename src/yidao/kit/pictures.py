"""
Pictures that people upload: what one is, told by its bytes alone, and the picture without what came along with it
(place, camera, comments, hidden thumbnails, whatever is behind its end). Nothing is decoded and nothing drawn anew.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

PIXELS_MAX: Final = 50_000_000
"""More would only serve to make a viewer's browser run out of memory."""
CONTENT_TYPES: Final = ("image/jpeg", "image/png", "image/webp")

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"})
_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_WEBP_ANIMATED, _WEBP_ALPHA = 0x02, 0x10
_ORIENTATION_TAG: Final = 0x0112
_SHORT: Final = 3
_TURNED: Final = range(2, 9)
"""Orientations that are not upright; without them a photograph from a telephone would lie on its side."""


class PictureInvalid(ValueError):
    """The bytes are no picture of a kind we take, are broken, or are too large when unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture and nothing else."""

    content_type: str
    width: int
    height: int
    body: bytes


def cleaned(body: bytes) -> Picture:
    """
    Return the picture that the bytes hold, without anything that is not seen.

    :raises PictureInvalid: they are no JPEG, PNG or WebP, are broken or animated, or have too many pixels.
    """
    try:
        if body.startswith(b"\xff\xd8\xff"):
            found = _jpeg(body)
        elif body.startswith(_PNG):
            found = _png(body)
        elif body[:4] == b"RIFF" and body[8:12] == b"WEBP":
            found = _webp(body)
        else:
            raise PictureInvalid("not a picture we know")
    except IndexError as fault:
        raise PictureInvalid("cut off") from fault
    if not 0 < found.width * found.height <= PIXELS_MAX:
        raise PictureInvalid("too many pixels or none")
    return found


# --- JPEG ---

_SOI, _EOI, _SOS, _APP0, _APP1, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class _Part(NamedTuple):
    """A marker with its segment, and the coded picture behind it if it begins a scan."""

    marker: int
    whole: bytes
    inner: bytes


def _jpeg_parts(body: bytes) -> Iterator[_Part]:
    at = 2
    while True:
        if body[at] != 0xFF:
            raise PictureInvalid("no marker where one must be")
        marker = body[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            return
        if marker in _BARE:
            yield _Part(marker, body[at : at + 2], b"")
            at += 2
            continue
        length = int.from_bytes((body[at + 2], body[at + 3]), "big")
        end = at + 2 + length
        if length < 2 or end > len(body):
            raise PictureInvalid("a segment reaches beyond the end")
        inner = body[at + 4 : end]
        if marker == _SOS:
            end = _scan_end(body, end)
        yield _Part(marker, body[at:end], inner)
        at = end


def _scan_end(body: bytes, at: int) -> int:
    """Return where the coded picture ends: at the next marker that is neither stuffing nor a restart."""
    while True:
        at = body.find(b"\xff", at)
        if at < 0:
            raise PictureInvalid("the picture does not end")
        follows = body[at + 1]
        if follows == 0xFF:
            at += 1
        elif follows == 0 or 0xD0 <= follows <= 0xD7:
            at += 2
        else:
            return at


def _jpeg(body: bytes) -> Picture:
    kept: list[bytes] = [b"\xff\xd8"]
    size: tuple[int, int] | None = None
    is_scanned = False
    for part in _jpeg_parts(body):
        if part.marker in _FRAMES and size is None:
            size = int.from_bytes(part.inner[3:5], "big"), int.from_bytes(part.inner[1:3], "big")
        if part.marker == _APP1 and part.inner.startswith(b"Exif\x00\x00"):
            turned = _orientation(part.inner[6:])
            kept += [_turned(turned)] if turned in _TURNED else []
        elif part.marker not in range(_APP0, _APP15 + 1) or part.marker in (_APP0, _APP14):
            kept += [] if part.marker == _COM else [part.whole]
        is_scanned = is_scanned or part.marker == _SOS
    if size is None or not is_scanned:
        raise PictureInvalid("no picture inside")
    return Picture(content_type="image/jpeg", width=size[0], height=size[1], body=b"".join([*kept, b"\xff\xd9"]))


def _orientation(tiff: bytes) -> int:
    """Return which way up a photograph is, 1 (upright) when it does not say so in a way we understand."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None or len(tiff) < 14:
        return 1

    def number(at: int, length: int) -> int:
        return int.from_bytes(tiff[at : at + length], "little" if order == "little" else "big")

    start = number(4, 4)
    for index in range(min(number(start, 2), 100)):
        at = start + 2 + 12 * index
        if number(at, 2) == _ORIENTATION_TAG:
            return number(at + 8, 2)
    return 1


def _turned(orientation: int) -> bytes:
    """Return the smallest segment that says which way up a photograph is."""
    entry = b"".join(each.to_bytes(2, "big") for each in (_ORIENTATION_TAG, _SHORT, 0, 1, orientation, 0))
    inner = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    return b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner


# --- PNG ---


def _png(body: bytes) -> Picture:
    kept, at, kind = [_PNG], len(_PNG), b""
    seen: set[bytes] = set()
    while kind != b"IEND":
        length = int.from_bytes(body[at : at + 4], "big")
        kind, end = body[at + 4 : at + 8], at + 12 + length
        if end > len(body) or zlib.crc32(body[at + 4 : end - 4]) != int.from_bytes(body[end - 4 : end], "big"):
            raise PictureInvalid("a chunk is broken")
        if not seen and (kind != b"IHDR" or length != 13):
            raise PictureInvalid("no header")
        seen.add(kind)
        if kind in _PNG_KEPT:
            kept.append(body[at:end])
        at = end
    if b"IDAT" not in seen:
        raise PictureInvalid("no picture inside")
    width, height = int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")
    return Picture(content_type="image/png", width=width, height=height, body=b"".join(kept))


# --- WebP ---


def _webp(body: bytes) -> Picture:
    end_of_all = 8 + int.from_bytes(body[4:8], "little")
    if end_of_all > len(body):
        raise PictureInvalid("cut off")
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= end_of_all:
        kind, length = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        if at + 8 + length > end_of_all:
            raise PictureInvalid("a chunk reaches beyond the end")
        if kind in _WEBP_KEPT:
            chunks.setdefault(kind, body[at + 8 : at + 8 + length])
        at += 8 + length + length % 2
    width, height = _webp_size(chunks)
    if extended := chunks.get(b"VP8X"):
        if extended[0] & _WEBP_ANIMATED:
            raise PictureInvalid("animated")
        chunks[b"VP8X"] = bytes((extended[0] & _WEBP_ALPHA,)) + extended[1:]
    inner = b"WEBP" + b"".join(
        kind + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2) for kind, data in chunks.items()
    )
    whole = b"RIFF" + len(inner).to_bytes(4, "little") + inner
    return Picture(content_type="image/webp", width=width, height=height, body=whole)


def _webp_size(chunks: dict[bytes, bytes]) -> tuple[int, int]:
    if extended := chunks.get(b"VP8X"):
        if not {b"VP8 ", b"VP8L"} & chunks.keys() or len(extended) != 10:
            raise PictureInvalid("no picture inside")
        return 1 + int.from_bytes(extended[4:7], "little"), 1 + int.from_bytes(extended[7:10], "little")
    if plain := chunks.get(b"VP8 "):
        if plain[3:6] != b"\x9d\x01\x2a":
            raise PictureInvalid("no picture inside")
        return int.from_bytes(plain[6:8], "little") & 0x3FFF, int.from_bytes(plain[8:10], "little") & 0x3FFF
    lossless = chunks.get(b"VP8L", b"")
    if lossless[:1] != b"\x2f" or len(lossless) < 5:
        raise PictureInvalid("no picture inside")
    bits = int.from_bytes(lossless[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
