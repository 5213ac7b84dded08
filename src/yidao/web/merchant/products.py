"""The shop's products (商品): short names for labels (打单简称), merchant codes and weights, one by one or by file."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import ShopId
from yidao.exports import registry
from yidao.kit import clock
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.kit.lists import questions
from yidao.kit.lists.columns import Column, Moment, Number
from yidao.kit.lists.fields import Chips, Option, Text
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.kit.templates import render_block
from yidao.orders import products
from yidao.orders.products import ProductRow, Said, Source
from yidao.web.merchant import product_files
from yidao.web.shared import consoles, export_lists, listpages, members
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import Act, Frame, ListPage
from yidao.web.shared.requests import Request

LIST, IMPORT = "merchant/products.html", "merchant/products_import.html"
NAME: Final = "merchant-products"
FAULTS: Final = {
    "short_name": gettext_noop("A short name has at most %(short)s characters."),
    "merchant_code": gettext_noop("A merchant code has at most %(code)s characters."),
    "weight": gettext_noop("A weight is a whole number of grams, at most %(weight)s."),
}
LIMITS: Final = {
    "short": products.SHORT_NAME_CHARS_MAX,
    "code": products.CODE_CHARS_MAX,
    "weight": products.WEIGHT_MAX,
}
LISTING: Final[Listing[ProductRow]] = Listing(
    name=NAME,
    title=gettext_noop("Products"),
    shape=Shape(
        fields=(
            Text(name="text", label=gettext_noop("Name, product ID or merchant code")),
            Chips(
                name="short",
                label=gettext_noop("Short name for labels"),
                options=(Option(value="none", label=gettext_noop("Without one")),),
                is_multiple=False,
            ),
        )
    ),
    columns=(
        Column(
            name="id", label=gettext_noop("Product ID"), cell=lambda row: Number(text=row.product_id), is_fixed=True
        ),
        Column(name="name", label=gettext_noop("Product"), cell=lambda row: row.name, is_fixed=True),
        Column(name="short", label=gettext_noop("Short name for labels"), cell=lambda row: row.short_name),
        Column(name="code", label=gettext_noop("Merchant code"), cell=lambda row: row.merchant_code),
        Column(name="weight", label=gettext_noop("Weight (g)"), cell=lambda row: row.weight_grams, is_numeric=True),
        Column(name="met", label=gettext_noop("First sold"), cell=lambda row: Moment(at=row.met_at)),
    ),
    total=gettext_noop("Products in all: %(count)s"),
    empty=gettext_noop("No products here."),
    empty_hint=gettext_noop("Products appear by themselves once an order names them."),
)


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's products."""
    return [
        path(f"{prefix}products/", index, name="merchant-products"),
        path(f"{prefix}products/import/", import_file, name="merchant-products-import"),
        path(f"{prefix}products/<product:product>/edit/", edit, name="merchant-product"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the products, those met last first."""
    actor = consoles.merchant(request, shop)
    return listpages.render(request, actor, _page(request, actor, shop))


def _page(request: Request, actor: Actor, shop: ShopId) -> ListPage[ProductRow]:
    source = Source(actor=actor, shop_id=shop)
    at = {"shop": shop}
    may_edit = _may_edit(actor)
    query = request.GET.urlencode()

    def frame(row: ProductRow) -> Frame:
        address = questions.address(reverse("merchant-product", kwargs={**at, "product": row.product_id}), query)
        acts = (Act(label=gettext_noop("Edit"), address=address, is_drawer=True),) if may_edit else ()
        return Frame(key=row.product_id, version=str(row.version), acts=acts, label=row.name)

    return ListPage(
        listing=LISTING,
        source=source,
        address=reverse("merchant-products", kwargs=at),
        active="products",
        frame=frame,
        export=export_lists.button(request, actor, LISTING, reverse("merchant-exports", kwargs=at), source.count),
        template=LIST,
        context={"row": None, "may_edit": may_edit, "shop": shop},
    )


def _may_edit(actor: Actor) -> bool:
    return actor.may(Permission.SHOP_SETTINGS) and not actor.is_visiting


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, shop: ShopId, product: str) -> HttpResponse:
    """Change what is said of one product, in a drawer over the list."""
    actor = consoles.merchant(request, shop)
    row = products.product(product, actor=actor, shop_id=shop)
    if not _may_edit(actor):
        raise Forbidden
    back = questions.address(reverse("merchant-products", kwargs={"shop": shop}), request.GET.urlencode())
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            _say(request, actor, shop, row)
        except (products.ProductRefused, products.ProductChanged) as refusal:
            refused = refusal
        else:
            messages.success(request, gettext("The product was saved."))
            return HttpResponseRedirect(back, status=303)
    return _drawer(request, actor, shop, _form(request, row, refused) | {"back": back})


def _say(request: Request, actor: Actor, shop: ShopId, row: ProductRow) -> None:
    form = request.POST
    said = Said(
        product_id=row.product_id,
        short_name=" ".join(form.get("short_name", "").replace("\0", "").split()),
        merchant_code=" ".join(form.get("merchant_code", "").replace("\0", "").split()),
        weight_grams=product_files.grams(form.get("weight", "")),
    )
    seen = members.number(form.get("version", ""))
    now, real_now = request.now, clock.real_now()
    products.say(said, actor=actor, shop_id=shop, seen_version=seen, now=now, real_now=real_now)


def _form(request: Request, row: ProductRow, refused: Refusal | None) -> dict[str, Any]:
    typed: Any = request.POST if refused else {}
    wrong = {each.pointer for each in refused.faults} if refused else set()
    known = {
        "short_name": row.short_name,
        "merchant_code": row.merchant_code,
        "weight": "" if row.weight_grams is None else str(row.weight_grams),
    }
    return {
        "row": row,
        "here": request.get_full_path(),
        "value": {name: typed.get(name, stored) for name, stored in known.items()},
        "version": typed.get("version", row.version),
        "faults": {name: gettext(words) % LIMITS if name in wrong else "" for name, words in FAULTS.items()},
        "limits": LIMITS,
        "refused": message_of(refused) if refused else "",
        "status": refused.status if refused else 200,
    }


def _drawer(request: Request, actor: Actor, shop: ShopId, context: dict[str, Any]) -> HttpResponse:
    if request.htmx and not request.htmx.history_restore_request:
        response = render_block(request, LIST, "drawer_body", context)
    else:
        response = listpages.render(request, actor, _page(request, actor, shop), drawer=context)
    response.status_code = context["status"]
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: Request, shop: ShopId) -> HttpResponse:
    """Take over what a file says of products; give a template, and the rows that were left out, as files."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.SHOP_SETTINGS)
    context: dict[str, Any] = {"shop": shop, "rows_max": products.ROWS_MAX, "report": None, "refused": ""}
    if request.method != "POST":
        return render(request, IMPORT, context)
    if "template" in request.POST:
        return product_files.template()
    if "bad" in request.POST:
        return product_files.bad_rows(request.POST["bad"])
    uploaded = request.FILES.get("file")
    try:
        if uploaded is None:
            raise product_files.FileMissing
        with tempfile.TemporaryDirectory(prefix="yidao-products-") as folder:
            kept = Path(folder, f"file{Path(uploaded.name or '').suffix[:6]}")
            kept.write_bytes(uploaded.read())
            context["report"] = _taken(request, actor, shop, kept)
    except Refusal as refusal:
        context["refused"] = message_of(refusal)
        return render(request, IMPORT, context, status=refusal.status)
    return render(request, IMPORT, context)


def _taken(request: Request, actor: Actor, shop: ShopId, kept: Path) -> dict[str, Any]:
    read = product_files.read(kept)
    result = products.say_many(
        [each.said for each in read.rows], actor=actor, shop_id=shop, now=request.now, real_now=clock.real_now()
    )
    return {
        "changed": ngettext("%(count)d product was changed.", "%(count)d products were changed.", result.changed)
        % {"count": result.changed},
        "unchanged": result.unchanged,
        "left_out": product_files.left_out(read, result.left_out),
        "bad": product_files.packed(read, result.left_out),
    }


def _source(actor: Actor) -> Source:
    """
    Return the products of the one shop an actor stands for.

    :raises NotVisible: the actor is no shop.
    """
    if actor.kind is not ActorKind.MERCHANT or len(actor.organisation_ids) != 1:
        raise NotVisible
    return Source(actor=actor, shop_id=actor.organisation_ids[0])


def _question(query: str) -> Question:
    return LISTING.shape.read({name: [str(each) for each in found] for name, found in QueryDict(query).lists()})


def _count(actor: Actor, query: str, now: datetime, limit: int) -> int:
    return _source(actor).count(_question(query), limit=limit)


def _rows(actor: Actor, query: str, now: datetime) -> Iterator[registry.Row]:
    for each in _source(actor).every(_question(query)):
        weight = "" if each.weight_grams is None else str(each.weight_grams)
        yield each.product_id, each.name, each.short_name, each.merchant_code, weight


def _filters(actor: Actor, query: str) -> Sequence[tuple[str, str]]:
    return export_lists.told(LISTING.shape, query)


KIND: Final = registry.Kind(
    name=NAME,
    title=gettext_noop("Products"),
    headers=product_files.HEADERS,
    count=_count,
    rows=_rows,
    filters=_filters,
)
