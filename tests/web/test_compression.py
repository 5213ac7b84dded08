"""What goes over the wire is small: static files are pressed once, pages each time, downloads never."""

import gzip
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from yidao.web.environment import static
from yidao.web.middleware import Compression


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="the smaller one wins"),
        pytest.param("gzip", "gzip", id="gzip alone"),
        pytest.param("br;q=0, gzip;q=0.5", "gzip", id="what weighs nothing is refused"),
        pytest.param("", "", id="nothing asked, nothing done"),
    ],
)
def test_a_static_file_comes_in_the_best_encoding_the_browser_takes(accepted: str, encoding: str) -> None:
    address = static("yidao/yidao.css")
    plain = Client().get(address).content

    answer = Client().get(address, headers={"Accept-Encoding": accepted})

    undo: dict[str, Any] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    assert answer.get("Content-Encoding", "") == encoding
    assert undo[encoding](answer.content) == plain
    assert answer["Content-Length"] == str(len(answer.content))
    assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.parametrize(("encoding", "undo"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_page_is_compressed_and_lengthened_by_chance(db: None, encoding: str, undo: Any) -> None:
    sizes = set()
    for _ in range(8):
        answer = Client().get(reverse("account_login"), headers={"Accept-Encoding": encoding})
        assert answer["Content-Encoding"] == encoding
        assert b"<html" in undo(answer.content)
        sizes.add(len(undo(answer.content)))

    assert len(sizes) > 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(StreamingHttpResponse([b"a" * 5000], content_type="text/csv"), id="a stream"),
        pytest.param(HttpResponse(b"a" * 5000, content_type="application/zip"), id="a packed file"),
    ],
)
def test_downloads_are_left_alone(answer: HttpResponse) -> None:
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})

    assert not Compression(lambda _: answer)(request).has_header("Content-Encoding")


def test_our_scripts_and_sheets_travel_without_comments_and_still_say_the_same() -> None:
    address = static("yidao/kit.js")
    source = Path(str(finders.find("yidao/kit.js"))).read_text()

    sent = Client().get(address).content.decode()

    told = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("//")]
    assert sent.splitlines() == told
