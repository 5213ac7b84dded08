"""The living page of every component in every state; only where developers or a demo's visitors look."""

from datetime import timedelta
from types import SimpleNamespace

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yidao.kit.errors import NotVisible
from yidao.parcels import queries
from yidao.web.shared import consoles, phrases, toasts
from yidao.web.shared.requests import Request

TEMPLATE = "operator/styleguide.html"
TONES = ("success", "warning", "error")
CARRIERS = {"zhongtong": "zhongtong zt", "yuantong": "yuantong yt", "shunfeng": "shunfeng sf", "jd": "jingdong jd"}
SHOPS = (("花间集旗舰店", "huajianji hjj"), ("白象食品旗舰店", "baixiang bx"), ("三只松鼠", "sanzhisongshu szss"))


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """Show every component; a form on the page answers with a toast and changes nothing."""
    consoles.operator(request)
    is_demo = queries.notices()[0] is not None
    if not (settings.DEBUG or is_demo):
        raise NotVisible
    if request.method == "POST":
        text = _("This is only a style guide; nothing was changed.")
        if request.htmx:
            tone = request.POST.get("tone", "")
            return toasts.on(HttpResponse(status=204), text, tone=tone if tone in TONES else "success")
        messages.success(request, text)
        return HttpResponseRedirect(request.get_full_path(), status=303)
    return render(request, TEMPLATE, _samples(request))


def _samples(request: Request) -> dict[str, object]:
    """Return made-up values for every component."""
    statuses = [(code, phrases.of("status", code)) for code in list(phrases.STATUS)[:6]]
    types = list(phrases.TYPE)
    hour = timedelta(hours=1)
    pages = [SimpleNamespace(number=each, address="#", is_current=each == 2) for each in (1, 2, 3)]
    return {
        "statuses": statuses,
        "carriers": [(code, phrases.carrier(code), keys) for code, keys in CARRIERS.items()],
        "shops": SHOPS,
        "tabs": [
            SimpleNamespace(label=_("All parcels"), address="#", key="", count="10000+", is_current=True),
            SimpleNamespace(label=_("With anomalies"), address="#", key="", count="822", is_current=False),
            SimpleNamespace(label=_("Soon overdue"), address="#", key="", count="", is_current=False),
        ],
        "rows": [(f"78800000{number:06d}", statuses[number % 6], types[number]) for number in range(3)],
        "pages": [*pages, None, SimpleNamespace(number=248, address="#", is_current=False)],
        "saved": [
            SimpleNamespace(id=1, name=_("Soon overdue"), address="#", is_default=True, is_current=True),
            SimpleNamespace(id=2, name=_("With anomalies"), address="#", is_default=False, is_current=False),
        ],
        "spans": [
            (request.now + hour * begun, request.now + hour * ends) for begun, ends in ((-1, 9), (-20, 2), (-30, -3))
        ],
        "bars": [
            SimpleNamespace(label=phrases.of("type", code), value=value, address="#", text="", tone=tone)
            for code, value, tone in zip(types[1:4], (34, 21, 5), ("bad", "bad", ""), strict=True)
        ],
        "trend": (3, 5, 4, 9, 12, 7, 8, 3),
    }
