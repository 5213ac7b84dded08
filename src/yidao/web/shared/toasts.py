"""Short messages after an act: a page that is loaded whole shows Django's; an answer to htmx carries its own."""

import json

from django.http import HttpResponse

TONES = ("", "success", "warning", "error")


def on(response: HttpResponse, text: str, *, tone: str = "success") -> HttpResponse:
    """Let the page that asked show a message; the header is ASCII whatever the language."""
    assert tone in TONES
    response["HX-Trigger"] = json.dumps({"yd:toast": {"text": text, "tone": tone}})
    return response
