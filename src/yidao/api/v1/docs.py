"""The description of the API, as OpenAPI and as a page that needs no network and no script."""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

METHODS = ("get", "post", "put", "patch", "delete")


@lru_cache(maxsize=1)
def description() -> str:
    """Return the committed OpenAPI document of both ports; a test proves that it is current."""
    return resources.files("yidao.api").joinpath("openapi.json").read_text(encoding="utf-8")


def openapi(request: HttpRequest) -> HttpResponse:
    """Send the OpenAPI document."""
    return HttpResponse(description(), content_type="application/json")


openapi.login_required = False  # type: ignore[attr-defined]


def page(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document to people."""
    document = json.loads(description())
    return render(request, "api/docs.html", {"document": document, "operations": operations(document)})


page.login_required = False  # type: ignore[attr-defined]


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the operations in the document's order, each with what a reader looks for, references resolved."""
    found = []
    for address, methods in document["paths"].items():
        for method in METHODS:
            operation = methods.get(method)
            if operation is None:
                continue
            body = operation.get("requestBody", {}).get("content", {})
            found.append(
                {
                    "method": method.upper(),
                    "address": address,
                    "id": operation["operationId"],
                    "summary": operation.get("summary", ""),
                    "text": operation.get("description", ""),
                    "port": operation.get("x-port", "web"),
                    "parameters": operation.get("parameters", []),
                    "bodies": [_shape(document, name, media) for name, media in body.items()],
                    "answers": [
                        (status, answer.get("description", ""))
                        for status, answer in sorted(operation.get("responses", {}).items())
                    ],
                    "example": _example(operation),
                }
            )
    return found


def _shape(document: dict[str, Any], media_type: str, media: dict[str, Any]) -> dict[str, Any]:
    return {"media_type": media_type, "rows": list(_rows(document, media.get("schema", {}), ""))}


def _rows(document: dict[str, Any], schema: dict[str, Any], prefix: str, depth: int = 0) -> Any:
    """Yield (name, type, must be there, description) of every field, those of inner objects with their path."""
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _rows(document, schema.get("items", {}), f"{prefix}[]", depth)
        return
    for name, inner in schema.get("properties", {}).items():
        whole = _resolved(document, inner)
        path = f"{prefix}.{name}".lstrip(".")
        kind = whole.get("type") or " | ".join(
            str(_resolved(document, each).get("type", "")) for each in whole.get("anyOf", ())
        )
        yield path, kind, name in schema.get("required", ()), inner.get("description") or whole.get("description", "")
        if depth < 4:
            options = whole.get("anyOf") or [whole]
            for option in options:
                yield from _rows(document, option, path, depth + 1)


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _example(operation: dict[str, Any]) -> str:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in media:
            example = media["example"]
            return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)
    return ""
