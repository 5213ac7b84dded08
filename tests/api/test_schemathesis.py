"""Whatever a machine can make of the OpenAPI document: the answers keep to it, and nothing breaks."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from tests.intake_http import port as machine
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import services
from yidao.config import openapi
from yidao.intake import auth
from yidao.intake.app import Intake, Parts

BOUNDED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def part_of(port):
    """Return the part of the document that one port serves."""
    whole = openapi.document()
    whole["paths"] = {
        address: kept
        for address, methods in whole["paths"].items()
        if (kept := {name: op for name, op in methods.items() if op["x-port"] == port})
    }
    return whole


intake = schemathesis.openapi.from_dict(part_of("intake"))
intake.app = Intake(lambda: Parts(queue=machine.Remembering(), directory=machine.Directory()))
web = schemathesis.openapi.from_dict(part_of("web"))
web.app = WSGIHandler()
# Values that JSON Schema cannot exclude (a year, a shop that is not there) are refused per item, inside a 200.
load_all_checks()
LOOSE = CHECKS.get_by_names(["positive_data_acceptance", "negative_data_rejection"])


@intake.parametrize()
@BOUNDED
def test_the_machine_port_keeps_to_the_document(case, monkeypatch):
    monkeypatch.setattr(auth, "GUESSES_MAX", 1_000_000)  # All come from one address, many with wrong tokens on purpose.
    case.call_and_validate(headers={"Authorization": f"Bearer {machine.PLATFORM}"}, excluded_checks=LOOSE)


@pytest.fixture
def one_connection(db):
    """Keep the test's connection open between requests, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def planted(cast: Cast, one_connection):
    """Return a parcel's number and a token that may read it."""
    number = planting.ship(cast, "06-19 08:00")
    _, token = services.create_credential(
        organisation_id=cast.platform,
        name="test",
        scopes=["parcels:read", "orders:write"],
        now=planting.NOW,
        real_now=planting.NOW,
    )
    return number, token


@web.parametrize()
@BOUNDED
def test_the_reading_api_keeps_to_the_document(case, planted):
    number, token = planted
    if "carrier" in case.path_parameters and len(str(case.path_parameters["waybill_no"])) % 2:
        case.path_parameters.update(carrier="zhongtong", waybill_no=number)
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}  # This client unpacks nothing.
    case.call_and_validate(headers=headers, excluded_checks=LOOSE)
