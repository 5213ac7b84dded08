"""
Judgement money (判罚与结算): what is going to be deducted per shop before it is booked, the brake, debts, and whether
the books agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.judging import holding, naming, settling_queries
from yidao.judging.holding import Brake
from yidao.judging.settling_queries import Forecast, Source
from yidao.kit import clock, paging
from yidao.kit.errors import Refusal
from yidao.kit.lists.columns import Cell, Column, Dot, Link, Progress, Tag
from yidao.kit.lists.fields import Chips, Fuzzy, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.ledger import proof, queries
from yidao.rules import money
from yidao.web.shared import consoles, listpages, members, money_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import Act, Frame, ListPage
from yidao.web.shared.requests import Request

INDEX, HOLD = "operator/settlements.html", "operator/settlement_hold.html"
SHOPS_MAX: Final = 200
"""So many shops a part of a name stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One shop-day that waits, with the shop's name."""

    it: Forecast
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The shop-days that wait, with their shops' names, as the rows of a list."""

    actor: Actor

    def page(self, question: Question) -> paging.Page[Line]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self._source(question).page(question)
        names = accounts.organisation_names(each.shop_id for each in found.rows)
        rows = tuple(Line(it=each, name=names.get(each.shop_id, str(each.shop_id))) for each in found.rows)
        return paging.Page(rows=rows, next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many there are, at most `limit`."""
        return self._source(question).count(question, limit=limit)

    def _source(self, question: Question) -> Source:
        name = question.one("shop")
        shops = accounts.find_shops(name, limit=SHOPS_MAX) if name else None
        return settling_queries.waiting_source(self.actor, shops=shops, is_held=question.one("held") == "yes")


def _cap(line: Line) -> Cell:
    it = line.it
    if not it.cap_fen:
        return None
    taken = it.used_fen + it.deducted_fen
    return Progress(done=taken, total=it.cap_fen, text=f"{money.yuan(taken)} / {money.yuan(it.cap_fen)}")


def _state(line: Line) -> Cell:
    if line.it.held:
        return Tag(text=_("%(count)s held") % {"count": line.it.held}, tone="notice")
    return Dot(text=_("Waits"), tone="active")


def _shop(line: Line) -> Cell:
    return Link(text=line.name, address=reverse("operator-deposit", kwargs={"shop": line.it.shop_id}))


LISTING: Final[Listing[Line]] = Listing(
    name="operator-settlements",
    title=gettext_noop("Settlements"),
    shape=Shape(
        fields=(
            Fuzzy(name="shop", label=gettext_noop("Shop")),
            Chips(
                name="held",
                label=gettext_noop("State"),
                options=(Option(value="yes", label=gettext_noop("Held")),),
                is_multiple=False,
            ),
        )
    ),
    columns=(
        Column(name="shop", label=gettext_noop("Shop"), cell=_shop, is_fixed=True),
        Column(name="day", label=gettext_noop("Day"), cell=lambda line: line.it.day.isoformat()),
        Column(
            name="count",
            label=gettext_noop("Number of violations"),
            cell=lambda line: line.it.judgements,
            is_numeric=True,
        ),
        Column(
            name="amount",
            label=gettext_noop("Deductions (yuan)"),
            cell=lambda line: money.yuan(line.it.deducted_fen),
            is_numeric=True,
            is_fixed=True,
        ),
        Column(name="cap", label=gettext_noop("Of the cap of the day"), cell=_cap),
        Column(name="capped", label=gettext_noop("Over the cap"), cell=lambda line: line.it.capped, is_numeric=True),
        Column(
            name="coupons",
            label=gettext_noop("Coupons (yuan)"),
            cell=lambda line: money.yuan(line.it.coupon_fen),
            is_numeric=True,
        ),
        Column(name="state", label=gettext_noop("State"), cell=_state),
    ),
    total=gettext_noop("Shop-days in all: %(count)s"),
    empty=gettext_noop("Nothing waits to be deducted."),
    empty_hint=gettext_noop("What is judged today stands here until it is settled tomorrow."),
)


def routes() -> list[URLPattern]:
    """Return the addresses of judgement money."""
    return [
        path("o/settlements/", index, name="operator-settlements"),
        path("o/settlements/hold/", hold, name="operator-settlement-hold"),
        path("o/settlements/lift/", lift, name="operator-settlement-lift"),
        path("o/settlements/prove/", prove, name="operator-settlement-prove"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """List what is going to be deducted, below the platform at a glance and above the holds and debts."""
    actor = consoles.operator(request, needs=Permission.DEPOSIT_VIEW)
    may_hold = actor.may(Permission.SETTLEMENTS_HOLD)
    page = ListPage(
        listing=LISTING,
        source=Named(actor=actor),
        address=reverse("operator-settlements"),
        active="settlements",
        frame=lambda line: _frame(line, may_hold=may_hold),
        template=INDEX,
        context=_standing(request, actor, may_hold=may_hold),
    )
    return listpages.render(request, actor, page)


def _frame(line: Line, *, may_hold: bool) -> Frame:
    address = f"{reverse('operator-settlement-hold')}?shop={line.it.shop_id}"
    acts = (Act(label=gettext_noop("Hold back"), address=address),) if may_hold else ()
    return Frame(key=f"{line.it.shop_id}/{line.it.day}", version=str(line.it.judgements), acts=acts)


def _standing(request: Request, actor: Actor, *, may_hold: bool) -> dict[str, Any]:
    """Return what stands around the list; the parts of the page that are fetched alone have no need of it."""
    if request.htmx or listpages.PART in request.GET:
        return {}
    holds, debts = holding.holds(actor), queries.debts(actor)
    return {
        "totals": settling_queries.totals(actor, now=request.now),
        "proof": proof.latest(),
        "holds": holds,
        "debts": debts,
        "debt_fen": sum(each.debt_fen for each in debts),
        "names": accounts.organisation_names(
            [each.shop_id for each in holds if each.shop_id is not None] + [each.shop_id for each in debts]
        ),
        "users": accounts.user_names(_people(holds)),
        "may_hold": may_hold,
        "yuan": money.yuan,
        "words": money_words,
    }


def _people(holds: Iterable[holding.HoldRow]) -> list[int]:
    return [user for each in holds for user in (each.held_by, each.lifted_by) if user is not None]


@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: Request) -> HttpResponse:
    """Ask what is to be held back and why, and hold it."""
    actor = consoles.operator(request, needs=Permission.SETTLEMENTS_HOLD)
    typed = request.POST if request.method == "POST" else request.GET
    shop_id = members.number(typed.get("shop", ""))
    brake = Brake(shop_id=shop_id or None, violation_kind=typed.get("kind", ""), reason=typed.get("reason", ""))
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            holding.hold(brake, actor=actor, now=request.now, real_now=clock.real_now())
        except (holding.HoldRefused, holding.HeldAlready) as refusal:
            refused = refusal
        else:
            messages.success(request, _("Held back until it is lifted."))
            return HttpResponseRedirect(reverse("operator-settlements"))
    context = {
        "brake": brake,
        "shop": accounts.organisation_names([shop_id]).get(shop_id, "") if shop_id else "",
        "kinds": [("", _("All kinds")), *((code, naming.kind(code)) for code in naming.KIND)],
        "refused": message_of(refused) if refused else "",
        "reason_max": holding.REASON_CHARS_MAX,
    }
    return render(request, HOLD, context, status=refused.status if refused else 200)


@require_POST
def lift(request: Request) -> HttpResponse:
    """Let what was held back go on."""
    actor = consoles.operator(request, needs=Permission.SETTLEMENTS_HOLD)
    hold_id = members.number(request.POST.get("hold", ""))
    holding.lift(hold_id, actor=actor, now=request.now, real_now=clock.real_now())
    messages.success(request, _("Lifted. What waited is settled under its own day."))
    return HttpResponseRedirect(reverse("operator-settlements"))


@require_POST
def prove(request: Request) -> HttpResponse:
    """Prove the books now."""
    actor = consoles.operator(request, needs=Permission.SETTLEMENTS_HOLD)
    found = proof.prove_now(actor=actor, now=request.now)
    if found.is_green:
        messages.success(request, _("The books agree"))
    else:
        messages.error(request, _("The books do not agree"))
    return HttpResponseRedirect(reverse("operator-settlements"))
