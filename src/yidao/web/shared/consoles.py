"""
The guards of the consoles. The first line of every view asks one of them: it turns the tenant in the address into an
actor, or answers as if there were nothing, and sets the frame around the page.
"""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop

from yidao.accounts import access, visits
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId
from yidao.kit import clock, crypto
from yidao.kit.errors import Forbidden
from yidao.web.shared.navigation import Console, Entry, Group
from yidao.web.shared.requests import Request, user_id

TICKET_LIFE = timedelta(seconds=60)
PARCELS = gettext_noop("Orders and parcels")
INSIGHT = gettext_noop("Data insight")
ORDERS = gettext_noop("Order management")
MONITOR = gettext_noop("Live parcel monitor")
OVERVIEW = gettext_noop("Overview")
MEMBERS = gettext_noop("Members")


def creator(request: Request, creator_id: CreatorId | None) -> Actor:
    """
    Return the actor in a creator's console.

    :raises NotVisible: the user is no member there.
    """
    actor = access.actor_for_creator(user_id(request), creator_id)
    at = {"creator": creator_id}
    request.console = Console(
        actor=actor,
        role=gettext_noop("Creator"),
        groups=(
            Group(
                label="",
                entries=(Entry(key="home", label=OVERVIEW, address=reverse("creator-home", kwargs=at), go="h"),),
            ),
            Group(
                label=INSIGHT,
                entries=(
                    Entry(key="shops", label=gettext_noop("Shop ranking"), address=reverse("creator-shops", kwargs=at)),
                ),
            ),
            Group(
                label=ORDERS,
                under=(INSIGHT,),
                entries=(
                    Entry(
                        key="parcels",
                        label=MONITOR,
                        address=reverse("creator-parcels", kwargs=at),
                        badge="anomalies",
                        go="p",
                    ),
                    _nudges("creator", at),
                    _exports("creator", at),
                ),
            ),
            Group(
                label=ORDERS,
                under=(gettext_noop("Alliance edition"),),
                entries=(Entry(key="alliance", label=MONITOR, address=reverse("creator-alliance-parcels", kwargs=at)),),
            ),
            _people("creator", at),
            _notices("creator", at),
        ),
        badges_address=reverse("creator-badges", kwargs=at),
        ticket_address=reverse("creator-ticket", kwargs=at),
        search_address=reverse("creator-search", kwargs=at),
    )
    _meet(request, actor)
    return actor


def merchant(request: Request, shop_id: ShopId) -> Actor:
    """
    Return the actor in a shop's console.

    :raises NotVisible: the user is no member there.
    """
    actor = access.actor_for_shop(user_id(request), shop_id)
    at = {"shop": shop_id}
    request.console = Console(
        actor=actor,
        role=gettext_noop("Merchant"),
        groups=(
            Group(
                label="",
                entries=(Entry(key="home", label=OVERVIEW, address=reverse("merchant-home", kwargs=at), go="h"),),
            ),
            Group(
                label=gettext_noop("Orders"),
                entries=(
                    Entry(key="orders", label=ORDERS, address=reverse("merchant-orders", kwargs=at), go="o"),
                    Entry(
                        key="ship",
                        label=gettext_noop("Ship many"),
                        address=reverse("merchant-ship", kwargs=at),
                        needs=Permission.ORDERS_SHIP,
                    ),
                    Entry(
                        key="after-sales",
                        label=gettext_noop("After-sales"),
                        address=reverse("merchant-after-sales", kwargs=at),
                        badge="after-sales",
                    ),
                    Entry(
                        key="parcels",
                        label=gettext_noop("Parcel centre"),
                        address=reverse("merchant-parcels", kwargs=at),
                        badge="anomalies",
                        go="p",
                    ),
                    Entry(
                        key="violations",
                        label=gettext_noop("Violations"),
                        address=reverse("merchant-violations", kwargs=at),
                        badge="violations",
                        go="v",
                    ),
                    _nudges("merchant", at),
                    _tickets("merchant", at),
                    _exports("merchant", at),
                ),
            ),
            _money(at),
            _shop(at),
            _people("merchant", at),
            _notices("merchant", at),
        ),
        badges_address=reverse("merchant-badges", kwargs=at),
        ticket_address=reverse("merchant-ticket", kwargs=at),
        search_address=reverse("merchant-search", kwargs=at),
    )
    _meet(request, actor)
    return actor


def carrier(request: Request, carrier_id: OrganisationId, outlet_id: OrganisationId | None) -> Actor:
    """
    Return the actor in a carrier's console, of the head office or of one outlet.

    :raises NotVisible: the user is no member there, or the outlet is not this carrier's.
    """
    actor = access.actor_for_carrier(user_id(request), carrier_id, outlet_id)
    at = {"carrier": carrier_id, "outlet": outlet_id}
    request.console = Console(
        actor=actor,
        role=gettext_noop("Carrier"),
        groups=(
            Group(
                label=gettext_noop("Parcels"),
                entries=(
                    Entry(key="home", label=OVERVIEW, address=reverse("carrier-home", kwargs=at), go="h"),
                    Entry(key="parcels", label=MONITOR, address=reverse("carrier-parcels", kwargs=at), go="p"),
                    _tickets("carrier", at),
                    _exports("carrier", at),
                ),
            ),
            _people("carrier", at),
            _notices("carrier", at),
        ),
        badges_address=reverse("carrier-badges", kwargs=at),
        ticket_address=reverse("carrier-ticket", kwargs=at),
        search_address=reverse("carrier-search", kwargs=at),
    )
    _meet(request, actor)
    return actor


def provider(request: Request, provider_id: OrganisationId) -> Actor:
    """
    Return the actor in a provider's console.

    :raises NotVisible: the user is no member there.
    """
    actor = access.actor_for_provider(user_id(request), provider_id)
    at = {"provider": provider_id}
    request.console = Console(
        actor=actor,
        role=gettext_noop("Provider"),
        groups=(
            Group(
                label=gettext_noop("Data"),
                entries=(Entry(key="home", label=OVERVIEW, address=reverse("provider-home", kwargs=at), go="h"),),
            ),
            _people("provider", at),
            _notices("provider", at),
        ),
        badges_address=reverse("provider-badges", kwargs=at),
        ticket_address=reverse("provider-ticket", kwargs=at),
        search_address=reverse("provider-search", kwargs=at),
    )
    _meet(request, actor)
    return actor


def operator(request: Request, *, needs: Permission = Permission.PARCELS_VIEW) -> Actor:
    """
    Return the actor in the operator's console.

    :raises NotVisible: the user does not work for the platform.
    :raises Forbidden: the user does, but their role does not allow this.
    """
    actor = access.actor_for_operator(user_id(request))
    request.console = Console(
        actor=actor,
        role=gettext_noop("Operator"),
        groups=(
            Group(
                label=gettext_noop("Health"),
                entries=(
                    Entry(key="home", label=OVERVIEW, address=reverse("operator-home"), go="h"),
                    Entry(
                        key="quarantine",
                        label=gettext_noop("Quarantine"),
                        address=reverse("operator-quarantine"),
                        badge="quarantine",
                        go="q",
                    ),
                ),
            ),
            Group(
                label=PARCELS,
                entries=(
                    Entry(key="orders", label=gettext_noop("Orders"), address=reverse("operator-orders")),
                    Entry(key="parcels", label=MONITOR, address=reverse("operator-parcels"), badge="anomalies", go="p"),
                    Entry(
                        key="carriers", label=gettext_noop("Carriers by stage"), address=reverse("operator-carriers")
                    ),
                    _exports("operator", {}),
                ),
            ),
            _judgements(),
            *_operator_people_and_rules(),
        ),
        badges_address=reverse("operator-badges"),
        ticket_address=reverse("operator-ticket"),
        search_address=reverse("operator-search"),
    )
    if not actor.may(needs):
        raise Forbidden
    return actor


def _money(at: dict[str, Any]) -> Group:
    """Return the entries about a shop's money (资金)."""
    entry = Entry(
        key="deposit",
        label=gettext_noop("Deposit"),
        address=reverse("merchant-deposit", kwargs=at),
        go="d",
        needs=Permission.DEPOSIT_VIEW,
    )
    return Group(label=gettext_noop("Funds"), entries=(entry,))


def _judgements() -> Group:
    """Return the operator's entries about judgements and what follows from them (判罚)."""

    def entry(key: str, label: str, badge: str = "") -> Entry:
        return Entry(key=key, label=label, address=reverse(f"operator-{key}"), badge=badge)

    return Group(
        label=gettext_noop("Judgements"),
        entries=(
            Entry(
                key="settlements",
                label=gettext_noop("Settlements"),
                address=reverse("operator-settlements"),
                needs=Permission.DEPOSIT_VIEW,
            ),
            entry("violations", gettext_noop("All violations")),
            entry("appeals", gettext_noop("Appeals to answer"), badge="appeals"),
            entry("sanctions", gettext_noop("Sanctions"), badge="sanctions"),
            entry("bans", gettext_noop("Banned products")),
            entry("refunds", gettext_noop("Refunds in trouble"), badge="refunds"),
            entry("calendar", gettext_noop("Working calendar")),
        ),
    )


def _shop(at: dict[str, Any]) -> Group:
    """Return the entries about what holds for a whole shop (店铺)."""

    def entry(key: str, label: str) -> Entry:
        return Entry(key=key, label=label, address=reverse(f"merchant-{key}", kwargs=at))

    return Group(
        label=gettext_noop("Shop"),
        entries=(
            entry("products", gettext_noop("Products")),
            entry("addresses", gettext_noop("Address book")),
            entry("settings", gettext_noop("Settings")),
        ),
    )


def _notices(audience: str, at: dict[str, Any]) -> Group:
    """Return the sign in the top bar that leads to the notices."""
    address = reverse(f"{audience}-notices", kwargs=at)
    sign = Entry(key="notices", label=gettext_noop("Notices"), address=address, badge="notices", go="n", is_in_top=True)
    return Group(label="", entries=(sign,))


def _nudges(audience: str, at: dict[str, Any]) -> Entry:
    """Return the entry that leads to stepping in (介入)."""
    label = gettext_noop("Creators step in") if audience == "merchant" else gettext_noop("Stepping in")
    return Entry(key="nudges", label=label, address=reverse(f"{audience}-nudges", kwargs=at), badge="nudges", go="i")


def _tickets(audience: str, at: dict[str, Any]) -> Entry:
    """Return the entry that leads to tickets between shops and carriers (查件)."""
    label = gettext_noop("Tickets")
    return Entry(key="tickets", label=label, address=reverse(f"{audience}-tickets", kwargs=at), badge="tickets", go="t")


def _exports(audience: str, at: dict[str, Any]) -> Entry:
    """Return the entry that leads to one's own exports."""
    return Entry(
        key="exports",
        label=gettext_noop("Export records"),
        address=reverse(f"{audience}-exports", kwargs=at),
        badge="exports",
        go="e",
        needs=Permission.EXPORTS_MAKE,
    )


def _operator_people_and_rules() -> tuple[Group, ...]:
    """Return the entries about everybody's people and about the rules."""
    return (
        Group(
            label=gettext_noop("People"),
            entries=(
                Entry(
                    key="organisations",
                    label=gettext_noop("Organisations"),
                    address=reverse("operator-organisations"),
                    go="o",
                ),
                Entry(
                    key="users",
                    label=gettext_noop("Users"),
                    address=reverse("operator-users"),
                    go="u",
                    needs=Permission.USERS_MANAGE,
                ),
                Entry(key="members", label=MEMBERS, address=reverse("operator-members"), go="m"),
            ),
        ),
        Group(
            label=gettext_noop("Rules"),
            entries=(
                Entry(key="policies", label=gettext_noop("Policies"), address=reverse("operator-policies"), go="r"),
                Entry(key="audit", label=gettext_noop("Journal"), address=reverse("operator-audit"), go="j"),
                Entry(
                    key="outbox",
                    label=gettext_noop("Text messages"),
                    address=reverse("operator-outbox"),
                    needs=Permission.AUDIT_VIEW,
                ),
                Entry(
                    key="clock",
                    label=gettext_noop("Demo clock"),
                    address=reverse("operator-clock"),
                    go="c",
                    is_demo_only=True,
                ),
                Entry(
                    key="styleguide",
                    label=gettext_noop("Style guide"),
                    address=reverse("operator-styleguide"),
                    is_demo_only=True,
                ),
            ),
        ),
        _notices("operator", {}),
    )


def _people(audience: str, at: dict[str, Any]) -> Group:
    """Return the entries about an organisation's own people."""
    return Group(
        label=gettext_noop("People"),
        entries=(
            Entry(key="members", label=MEMBERS, address=reverse(f"{audience}-members", kwargs=at), go="m"),
            Entry(
                key="journal",
                label=gettext_noop("Journal"),
                address=reverse(f"{audience}-journal", kwargs=at),
                go="j",
                needs=Permission.AUDIT_VIEW,
            ),
        ),
    )


POLLED = ("-badges", "-ticket", "-counts")
"""Parts that pages fetch by themselves; nobody chose to look at them."""


def _meet(request: Request, actor: Actor) -> None:
    """
    Let members pass; let visitors look, and write down at what.

    :raises ReadOnly: a visitor tries to change something.
    """
    if not actor.is_visiting:
        return
    if request.method not in ("GET", "HEAD"):
        raise visits.ReadOnly
    found = request.resolver_match
    name = str(found.url_name) if found is not None else ""
    if not name.endswith(POLLED) and request.headers.get("HX-Request") != "true":
        visits.record_page(actor=actor, page=name, now=request.now, real_now=clock.real_now())


def live_ticket(actor: Actor) -> str:
    """
    Return a ticket for `/live`, good for a minute of real time: it names its holder and the organisations whose news it
    opens.

    Operators, carriers and providers hear of every batch: a notification names no carrier, and it says only that
    something changed.
    """
    sees_all = actor.kind in (ActorKind.OPERATOR, ActorKind.CARRIER, ActorKind.PROVIDER)
    orgs = "*" if sees_all else ",".join(str(each) for each in actor.organisation_ids)
    return crypto.sign_until(f"{actor.user_id}/{orgs}", purpose="live", expires_at=clock.real_now() + TICKET_LIFE)
