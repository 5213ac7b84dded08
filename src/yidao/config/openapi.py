"""
The OpenAPI document of both ports, as it is committed. After a change run `python -m yidao.config.openapi`; a test
fails while the committed document differs.
"""

import json
from pathlib import Path
from typing import Any

from yidao.config import ready
from yidao.intake import openapi as intake

assert ready
SNAPSHOT = Path(__file__).resolve().parents[1] / "api" / "openapi.json"


def document() -> dict[str, Any]:
    """Return the description of every address for machines."""
    from yidao.config import urls  # inline: django not set up

    assert urls, "the whole table registers the converters first"
    from yidao.api.v1.urls import api  # inline: django not set up

    web = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/v1/")))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yidao",
            "version": "1",
            "description": "Tracking events and shipments in, parcels with their status, anomalies and reasons out. "
            "Reading is served by the port of the pages, writing by the intake port (see x-port).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "http://localhost:8000", "description": "web"},
            {"url": "http://localhost:8001", "description": "intake"},
        ],
        "paths": _merged(_told(web["paths"]), intake.paths()),
        "components": {
            "schemas": {**web["components"]["schemas"], **intake.schemas()},
            "securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer", "description": "Token yd_..."}},
        },
        "x-problem-codes": intake.problem_codes(),
    }


ANSWERS = {
    "200": "What was asked for.",
    "400": "The cursor is none of this list.",
    "401": "No valid bearer token.",
    "403": "The credential lacks the scope, or it is not its word to tell.",
    "404": "There is no such thing, or it is not the credential's to see.",
    "409": "The rules say no; the code says which.",
    "422": "A parameter or a field is malformed.",
    "503": "Every database connection is taken; see Retry-After.",
}
PATTERNS = {
    "carrier": "^[a-z0-9_]{1,40}$",
    "waybill_no": "^[0-9A-Za-z_-]{1,40}$",
    "token": "^[0-9A-Za-z_-]{24,200}$",
    "order_no": "^[^/\\x00-\\x1f\\x7f]{1,64}$",
    "pack_id": "^[1-9][0-9]{0,18}$",
    "refund_id": "^[1-9][0-9]{0,18}$",
}


def _told(paths: dict[str, Any]) -> dict[str, Any]:
    """Add what the framework cannot know: forms of path parameters, the media type of problems, words for answers."""
    for methods in paths.values():
        for operation in methods.values():
            operation["x-port"] = "web"
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"] = {"type": "string", "pattern": PATTERNS[parameter["name"]]}
                elif parameter["name"] == "as_of":
                    parameter["schema"] = {"type": "string", "format": "date-time"}
            for status, answer in operation["responses"].items():
                answer["description"] = ANSWERS[status]
                if status != "200":
                    answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
    return paths


def _merged(web: dict[str, Any], machine: dict[str, Any]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for address, methods in [*machine.items(), *web.items()]:
        paths.setdefault(address, {}).update(methods)
    return paths


def text() -> str:
    """Return the document as it is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=False) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(text(), encoding="utf-8")
