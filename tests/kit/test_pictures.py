"""Pictures are told by their bytes, and only what is seen of them is kept."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.kit import pictures
from yidao.kit.pictures import PictureInvalid


def segment(marker: int, inner: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(inner) + 2).to_bytes(2, "big") + inner


def exif(orientation: int, order: str = "big") -> bytes:
    """Return an Exif segment with an orientation and a place."""
    name = b"MM" if order == "big" else b"II"
    number = lambda value, length: value.to_bytes(length, order)  # type: ignore[arg-type]  # noqa: E731
    entries = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + number(0, 2)
    entries += number(0x8825, 2) + number(4, 2) + number(1, 4) + b"GPS!"
    return segment(0xE1, b"Exif\x00\x00" + name + number(42, 2) + number(8, 4) + number(2, 2) + entries + number(0, 4))


FRAME = segment(0xC0, bytes((8,)) + (30).to_bytes(2, "big") + (40).to_bytes(2, "big") + b"\x01\x01\x11\x00")
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"coded\xff\x00picture\xff\xd0more"
JFIF = segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00")


def jpeg(*parts: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


HEADER = chunk(b"IHDR", (40).to_bytes(4, "big") + (30).to_bytes(4, "big") + b"\x08\x02\x00\x00\x00")
DATA, END = chunk(b"IDAT", zlib.compress(b"\x00" * 10)), chunk(b"IEND", b"")


def png(*parts: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    inner = b"WEBP" + b"".join(
        kind + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner


LOSSY = (b"VP8 ", b"\x00\x00\x00\x9d\x01\x2a" + (40).to_bytes(2, "little") + (30).to_bytes(2, "little") + b"x")
LOSSLESS = (b"VP8L", b"\x2f" + (39 | 29 << 14).to_bytes(4, "little") + b"x")


def extended(flags: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes((flags, 0, 0, 0)) + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")


def test_a_photograph_loses_its_place_and_stays_upright() -> None:
    told = jpeg(JFIF, exif(6), segment(0xFE, b"by Alice"), segment(0xE2, b"MPF"), FRAME, SCAN) + b"hidden"

    found = pictures.cleaned(told)

    assert (found.content_type, found.width, found.height) == ("image/jpeg", 40, 30)
    assert not any(word in found.body for word in (b"GPS!", b"Alice", b"MPF", b"hidden"))
    assert found.body.startswith(b"\xff\xd8" + JFIF + b"\xff\xe1")
    assert found.body.endswith(FRAME + SCAN + b"\xff\xd9")
    assert pictures.cleaned(found.body) == found


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("orientation", [1, 6, 99])
def test_only_which_way_up_is_taken_over_from_what_a_camera_wrote(orientation: int, order: str) -> None:
    found = pictures.cleaned(jpeg(exif(orientation, order), FRAME, SCAN)).body

    assert (b"Exif" in found) is (orientation == 6)
    assert b"GPS!" not in found


def test_a_photograph_in_several_scans_with_filled_markers_is_kept_whole() -> None:
    parts = (b"\xff" + FRAME, b"\xff\x01", SCAN, segment(0xC4, b"table"), SCAN)

    assert pictures.cleaned(jpeg(*parts)).body == jpeg(FRAME, b"\xff\x01", SCAN, segment(0xC4, b"table"), SCAN)


def test_a_drawing_loses_its_words() -> None:
    words = chunk(b"tEXt", b"Author\x00Alice"), chunk(b"eXIf", b"GPS!")

    found = pictures.cleaned(png(HEADER, *words, DATA, END) + b"hidden")

    assert (found.content_type, found.width, found.height) == ("image/png", 40, 30)
    assert found.body == png(HEADER, DATA, END)


@pytest.mark.parametrize("coded", [LOSSY, LOSSLESS])
def test_a_webp_loses_what_came_along(coded: tuple[bytes, bytes]) -> None:
    plain = pictures.cleaned(riff(coded) + b"hidden")
    found = pictures.cleaned(riff(extended(0x3C), coded, (b"EXIF", b"GPS!!"), (b"XMP ", b"Alice")))

    assert (plain.width, plain.height, plain.body) == (40, 30, riff(coded))
    assert (found.content_type, found.width, found.height) == ("image/webp", 40, 30)
    assert found.body == riff(extended(0x10), coded)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg onload='alert(1)'/>", id="a drawing that can act"),
        pytest.param(b"GIF89a", id="a kind we do not take"),
        pytest.param(b"%PDF-1.7", id="a document"),
        pytest.param(b"\xff\xd8\xff", id="the beginning of a photograph"),
        pytest.param(jpeg(JFIF), id="a photograph without a picture"),
        pytest.param(jpeg(FRAME), id="a photograph without its scan"),
        pytest.param(b"\xff\xd8" + FRAME + b"\x00\x00", id="a photograph with bytes between its parts"),
        pytest.param(b"\xff\xd8" + FRAME + SCAN, id="a photograph that does not end"),
        pytest.param(b"\xff\xd8\xff\xe0\xff\xff", id="a part longer than the photograph"),
        pytest.param(png(HEADER, END), id="a png without a picture"),
        pytest.param(png(DATA, END), id="a png without a header"),
        pytest.param(png(HEADER, DATA), id="a png that does not end"),
        pytest.param(png(HEADER, DATA[:-1] + b"\x00", END), id="a png with a broken part"),
        pytest.param(riff((b"EXIF", b"GPS!")), id="a webp without a picture"),
        pytest.param(riff(extended(0)), id="an extended webp without a picture"),
        pytest.param(riff(extended(0x02), LOSSY), id="an animated webp"),
        pytest.param(riff((b"VP8 ", b"\x00" * 12)), id="a webp that is none"),
        pytest.param(riff(LOSSY)[:-3], id="a webp that was cut off"),
        pytest.param(riff(LOSSY)[:12] + b"VP8 \xff\xff\x00\x00" + b"x" * 20, id="a webp with a part beyond its end"),
        pytest.param(
            png(chunk(b"IHDR", b"\x00\x01\x00\x00" * 2 + b"\x08\x02\x00\x00\x00"), DATA, END), id="a bomb of pixels"
        ),
        pytest.param(png(chunk(b"IHDR", b"\x00" * 8 + b"\x08\x02\x00\x00\x00"), DATA, END), id="no pixels at all"),
    ],
)
def test_what_is_no_picture_is_refused(told: bytes) -> None:
    with pytest.raises(PictureInvalid):
        pictures.cleaned(told)


WHOLE = (jpeg(JFIF, exif(6), FRAME, SCAN), png(HEADER, DATA, END), riff(extended(0x10), LOSSLESS))


@given(st.sampled_from(WHOLE), st.integers(0, 200), st.binary(max_size=6))
def test_broken_bytes_are_a_picture_or_refused_and_never_anything_else(whole: bytes, at: int, more: bytes) -> None:
    told = whole[:at] + more + whole[at + len(more) :]
    try:
        found = pictures.cleaned(told)
    except PictureInvalid:
        return

    assert found.content_type in pictures.CONTENT_TYPES
    assert pictures.cleaned(found.body) == found
