"""Addresses of the pages. Every part of an address has a typed converter; the access test walks this table."""

from django.urls import URLPattern, URLResolver, include, path

from yidao.web import converters
from yidao.web.carrier import home as carrier_home
from yidao.web.carrier import tickets as carrier_tickets
from yidao.web.carrier import views as carrier
from yidao.web.creator import home as creator_home
from yidao.web.creator import nudges as creator_nudges
from yidao.web.creator import shops as creator_shops
from yidao.web.creator import views as creator
from yidao.web.merchant import addresses as merchant_addresses
from yidao.web.merchant import after_sales as merchant_after_sales
from yidao.web.merchant import deposit as merchant_deposit
from yidao.web.merchant import home as merchant_home
from yidao.web.merchant import nudges as merchant_nudges
from yidao.web.merchant import order_imports as merchant_order_imports
from yidao.web.merchant import orders as merchant_orders
from yidao.web.merchant import products as merchant_products
from yidao.web.merchant import settings as merchant_settings
from yidao.web.merchant import shipping as merchant_shipping
from yidao.web.merchant import tickets as merchant_tickets
from yidao.web.merchant import totals as merchant_totals
from yidao.web.merchant import views as merchant
from yidao.web.merchant import violations as merchant_violations
from yidao.web.operator import (
    appeals,
    audit,
    bans,
    calendar,
    carriers,
    clock,
    deposits,
    orders,
    organisations,
    outbox,
    overview,
    packs,
    parcels,
    policies,
    quarantine,
    refunds,
    sanctions,
    settlements,
    styleguide,
    users,
    violations,
    visits,
)
from yidao.web.provider import views as provider
from yidao.web.shared import exports, inbox, invitations, journal, members, pages, search

converters.register()

_CARRIER = "l/<carrier:carrier>/<outlet:outlet>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("", include("yidao.web.account.urls")),
    path("language", pages.language, name="language"),
    path("theme", pages.theme, name="theme"),
    path("invitation/<invitation_token:token>/", invitations.invitation, name="invitation"),
    path("invitations/<invitation:invitation>/", invitations.answer, name="invitation-answer"),
    path("c/<creator:creator>/", creator_home.index, name="creator-home"),
    path("c/<creator:creator>/shops/", creator_shops.index, name="creator-shops"),
    path("c/<creator:creator>/parcels/", creator.parcels, name="creator-parcels"),
    path("c/<creator:creator>/anomalies/", creator.anomalies, name="creator-anomalies"),
    path("c/<creator:creator>/alliance/parcels/", creator.parcels, {"alliance": True}, name="creator-alliance-parcels"),
    path(
        "c/<creator:creator>/alliance/anomalies/",
        creator.anomalies,
        {"alliance": True},
        name="creator-alliance-anomalies",
    ),
    path("c/<creator:creator>/parcels/<parcel_token:token>/", creator.parcel, name="creator-parcel"),
    path("c/<creator:creator>/badges/", creator.badges, name="creator-badges"),
    path("c/<creator:creator>/ticket/", creator.ticket, name="creator-ticket"),
    path("c/<creator:creator>/search/", search.creator, name="creator-search"),
    *exports.routes("c/<creator:creator>/", "creator"),
    *inbox.routes("c/<creator:creator>/", "creator"),
    *creator_nudges.routes("c/<creator:creator>/"),
    path("c/<creator:creator>/members/", members.creator, name="creator-members"),
    path("c/<creator:creator>/journal/", journal.creator, name="creator-journal"),
    path("m/<shop:shop>/", merchant_home.index, name="merchant-home"),
    path("m/<shop:shop>/totals/", merchant_totals.index, name="merchant-totals"),
    path("m/<shop:shop>/parcels/", merchant.parcels, name="merchant-parcels"),
    path("m/<shop:shop>/anomalies/", merchant.anomalies, name="merchant-anomalies"),
    path(
        "m/<shop:shop>/parcels/<carrier_code:carrier>/<waybill_no:waybill_no>/", merchant.parcel, name="merchant-parcel"
    ),
    path("m/<shop:shop>/badges/", merchant.badges, name="merchant-badges"),
    path("m/<shop:shop>/ticket/", merchant.ticket, name="merchant-ticket"),
    path("m/<shop:shop>/search/", search.merchant, name="merchant-search"),
    *exports.routes("m/<shop:shop>/", "merchant"),
    *inbox.routes("m/<shop:shop>/", "merchant"),
    *merchant_order_imports.routes("m/<shop:shop>/"),
    *merchant_orders.routes("m/<shop:shop>/"),
    *merchant_after_sales.routes("m/<shop:shop>/"),
    *merchant_nudges.routes("m/<shop:shop>/"),
    *merchant_tickets.routes("m/<shop:shop>/"),
    *merchant_shipping.routes("m/<shop:shop>/"),
    *merchant_violations.routes("m/<shop:shop>/"),
    *merchant_deposit.routes("m/<shop:shop>/"),
    *merchant_addresses.routes("m/<shop:shop>/"),
    *merchant_products.routes("m/<shop:shop>/"),
    *merchant_settings.routes("m/<shop:shop>/"),
    path("m/<shop:shop>/members/", members.merchant, name="merchant-members"),
    path("m/<shop:shop>/journal/", journal.merchant, name="merchant-journal"),
    path(_CARRIER, carrier_home.index, name="carrier-home"),
    path(f"{_CARRIER}parcels/", carrier.parcels, name="carrier-parcels"),
    path(f"{_CARRIER}anomalies/", carrier.anomalies, name="carrier-anomalies"),
    path(f"{_CARRIER}parcels/<waybill_no:waybill_no>/", carrier.parcel, name="carrier-parcel"),
    path(f"{_CARRIER}badges/", carrier.badges, name="carrier-badges"),
    path(f"{_CARRIER}ticket/", carrier.ticket, name="carrier-ticket"),
    path(f"{_CARRIER}search/", search.carrier, name="carrier-search"),
    *exports.routes(_CARRIER, "carrier"),
    *inbox.routes(_CARRIER, "carrier"),
    *carrier_tickets.routes(_CARRIER),
    path(f"{_CARRIER}members/", members.carrier, name="carrier-members"),
    path(f"{_CARRIER}journal/", journal.carrier, name="carrier-journal"),
    path("p/<provider:provider>/", provider.home, name="provider-home"),
    *inbox.routes("p/<provider:provider>/", "provider"),
    path("p/<provider:provider>/badges/", provider.badges, name="provider-badges"),
    path("p/<provider:provider>/ticket/", provider.ticket, name="provider-ticket"),
    path("p/<provider:provider>/search/", search.provider, name="provider-search"),
    path("p/<provider:provider>/members/", members.provider, name="provider-members"),
    path("p/<provider:provider>/journal/", journal.provider, name="provider-journal"),
    path("o/members/", members.operator, name="operator-members"),
    path("o/users/", users.index, name="operator-users"),
    path("o/users/<user:user>/", users.item, name="operator-user"),
    path("o/organisations/", organisations.index, name="operator-organisations"),
    path("o/organisations/new/", organisations.create, name="operator-organisation-new"),
    path("o/organisations/<organisation:organisation>/", organisations.item, name="operator-organisation"),
    path("o/visits/end/", visits.end, name="operator-visit-end"),
    path("o/", overview.index, name="operator-home"),
    path("o/badges/", overview.badges, name="operator-badges"),
    path("o/ticket/", overview.ticket, name="operator-ticket"),
    path("o/search/", search.operator, name="operator-search"),
    *exports.routes("o/", "operator"),
    *inbox.routes("o/", "operator"),
    path("o/orders/", orders.index, name="operator-orders"),
    path("o/orders/<order:order>/", orders.item, name="operator-order"),
    path("o/parcels/", parcels.index, name="operator-parcels"),
    path("o/anomalies/", parcels.anomalies, name="operator-anomalies"),
    path("o/parcels/<carrier_code:carrier>/<waybill_no:waybill_no>/", parcels.parcel, name="operator-parcel"),
    *violations.routes(),
    *appeals.routes(),
    *sanctions.routes(),
    *bans.routes(),
    *refunds.routes(),
    path("o/quarantine/", quarantine.index, name="operator-quarantine"),
    path("o/quarantine/<quarantine:quarantine>/", quarantine.item, name="operator-quarantine-item"),
    path("o/policies/", policies.index, name="operator-policies"),
    path(
        "o/policies/new/<policy_family:family>/<policy_profile:profile>/",
        policies.publish,
        name="operator-policy-publish",
    ),
    path("o/policies/<policy_name:name>/", policies.version, name="operator-policy"),
    path("o/carriers/", carriers.index, name="operator-carriers"),
    *packs.routes(),
    *settlements.routes(),
    *deposits.routes(),
    *calendar.routes(),
    path("o/audit/", audit.index, name="operator-audit"),
    path("o/outbox/", outbox.index, name="operator-outbox"),
    path("o/clock/", clock.index, name="operator-clock"),
    path("o/styleguide/", styleguide.index, name="operator-styleguide"),
]
