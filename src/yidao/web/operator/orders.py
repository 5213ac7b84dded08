"""The operator's look-up of orders of all shops; buyers stay masked, and nothing can be changed."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.orders import detail
from yidao.web.shared import consoles, listpages, order_lists, order_pages
from yidao.web.shared.order_pages import Links
from yidao.web.shared.requests import Request


def _place() -> order_lists.Place:
    return order_lists.Place(
        orders=reverse("operator-orders"),
        exports=reverse("operator-exports"),
        row_address=lambda row: reverse("operator-order", kwargs={"order": row.id}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """List what is late in all shops, or the orders that are named."""
    actor = consoles.operator(request)
    return listpages.render(request, actor, order_lists.page(request, actor, _place()))


@require_safe
def item(request: Request, order: int) -> HttpResponse:
    """Show one order as its shop sees it, without what its people wrote."""
    actor = consoles.operator(request)
    row = detail.of(order, actor=actor)
    links = Links(
        here=reverse("operator-order", kwargs={"order": row.id}),
        parcel=lambda carrier, number: reverse("operator-parcel", kwargs={"carrier": carrier, "waybill_no": number}),
        violation=lambda violation: reverse("operator-violation", kwargs={"violation": violation}),
        order=lambda other: reverse("operator-order", kwargs={"order": other}),
        pack=lambda pack: reverse("operator-pack", kwargs={"pack": pack}),
        pack_words=gettext_noop("Detail"),
    )
    return order_lists.render_drawer(request, actor, _place(), order_pages.context(request, actor, row, links))
