"""The OpenAPI document and its page: current, complete, without a network."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from yidao.carriers.native import wire
from yidao.config import openapi
from yidao.intake import openapi as intake
from yidao.intake.phrases import FAULTS, PHRASES

pytestmark = pytest.mark.django_db


def test_the_committed_document_is_current():
    assert openapi.SNAPSHOT.read_text(encoding="utf-8") == openapi.text(), "run: python -m yidao.config.openapi"


def test_the_document_is_served_as_committed(client):
    reply = client.get("/v1/openapi.json")

    assert (reply.status_code, reply.json()) == (200, openapi.document())


def test_every_operation_has_an_id_of_its_own():
    ids = [op["operationId"] for methods in openapi.document()["paths"].values() for op in methods.values()]

    assert len(ids) == len(set(ids))
    assert set(ids) >= {
        "postOrders",
        "postParcels",
        "postTrackingEvents",
        "pushKdniao",
        "pushKuaidi100",
        "readParcel",
        "readParcelByToken",
    }


def test_every_reference_leads_somewhere():
    text = json.dumps(openapi.document())
    known = openapi.document()["components"]["schemas"]

    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(known)


@pytest.mark.parametrize(
    ("example", "shape"),
    [
        (intake.EVENT_EXAMPLE, wire.Events),
        (intake.PARCEL_EXAMPLE, wire.Parcels),
        (intake.ORDER_EXAMPLE, wire.Orders),
    ],
)
def test_the_examples_are_taken(example, shape):
    assert msgspec.convert(example, shape, strict=False)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_every_operation_without_scripts_of_others(client, language):
    page = client.get("/v1/docs", HTTP_ACCEPT_LANGUAGE=language).content.decode()

    for address in openapi.document()["paths"]:
        assert address in page
    assert "https://" not in page.replace("https://json-schema.org", "")
    assert "events[].waybill_no" in page


def test_every_code_has_both_languages():
    for phrase in [*PHRASES.values(), *FAULTS.values()]:
        assert phrase.english
        assert re.search("[\u4e00-\u9fff]", phrase.chinese)
        assert re.findall(r"{\w+}", phrase.english).sort() == re.findall(r"{\w+}", phrase.chinese).sort()


@pytest.mark.parametrize(
    ("kind", "shape"), [("events", wire.Events), ("parcels", wire.Parcels), ("orders", wire.Orders)]
)
def test_the_examples_of_the_guide_are_taken(kind, shape):
    guide = (Path(__file__).parents[2] / "docs" / "api" / "README.md").read_text(encoding="utf-8")

    (example,) = re.findall(rf"```json {kind}\n(.*?)```", guide, re.DOTALL)

    assert msgspec.json.decode(example.encode(), type=shape)
