"""Signatures of the aggregators, with the published vectors."""

import base64
from urllib.parse import quote

import pytest

from yidao.carriers import signatures

PARAM = b'{"status":"polling"}'
KDNIAO_DATA = b'{"LogisticCode":"YT0000000000001","ShipperCode":"YTO"}'
KDNIAO_SIGN = "M2YzYzU3OTllMzg5YmZhY2ZjNzY2NWJhNTAyOWNlNTY="


def test_kuaidi100_vector():
    assert signatures.kuaidi100_sign(PARAM, b"salt") == "E3A53447F84B9D616FB644F645B4F524"


def test_kdniao_vector():
    assert signatures.kdniao_sign(KDNIAO_DATA, b"testkey") == KDNIAO_SIGN


@pytest.mark.parametrize("sign", [b"E3A53447F84B9D616FB644F645B4F524", b"e3a53447f84b9d616fb644f645b4f524"])
def test_the_hex_may_have_either_case(sign):
    assert signatures.is_kuaidi100_sign(sign, param=PARAM, salt=b"salt")


@pytest.mark.parametrize(
    ("sign", "param"),
    [
        pytest.param(b"", PARAM, id="an empty signature signs nothing"),
        pytest.param(b"E3A53447F84B9D616FB644F645B4F525", PARAM, id="one digit off"),
        pytest.param(b"E3A53447F84B9D616FB644F645B4F524", b'{"status": "polling"}', id="a space more in the param"),
        pytest.param("签".encode(), PARAM, id="not even hex"),
    ],
)
def test_a_wrong_kuaidi100_signature_is_seen(sign, param):
    assert not signatures.is_kuaidi100_sign(sign, param=param, salt=b"salt")


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(KDNIAO_SIGN.encode(), id="as computed"),
        pytest.param(quote(KDNIAO_SIGN, safe="").encode(), id="percent-encoded once more"),
        pytest.param(base64.b64encode(base64.b64decode(KDNIAO_SIGN).upper()), id="upper-case hex"),
    ],
)
def test_a_kdniao_signature_is_taken(sign):
    assert signatures.is_kdniao_sign(sign, request_data=KDNIAO_DATA, key=b"testkey")


@pytest.mark.parametrize("sign", [b"", b"%%%", b"M2YzYzU3", KDNIAO_SIGN.lower().encode(), "签".encode()])
def test_a_wrong_kdniao_signature_is_seen(sign):
    assert not signatures.is_kdniao_sign(sign, request_data=KDNIAO_DATA, key=b"testkey")
