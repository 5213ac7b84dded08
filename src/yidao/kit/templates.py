"""Renders one block of a page's own template alone: the part that htmx asked to replace."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup


def render_block(request: HttpRequest, template: str, block: str, context: dict[str, Any]) -> HttpResponse:
    """
    Render one block with everything the whole page would have: context processors and the form token included.

    :raises KeyError: the template has no such block; a programmer's error.
    """
    engine = engines["jinja2"]
    assert isinstance(engine, Jinja2)
    found = engine.env.get_template(template)
    full: dict[str, Any] = {"request": request, "csrf_token": get_token(request)}
    full["csrf_input"] = Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(
        full["csrf_token"]
    )
    for processor in engine.template_context_processors:
        full.update(processor(request))
    full.update(context)
    made = found.new_context(full)
    return HttpResponse("".join(found.blocks[block](made)))
