"""Who may stand where: turns a user and the tenant in an address into an actor. Not a member means not visible."""

from collections.abc import Callable, Iterable

from yidao.accounts import queries
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.accounts.models import Membership, Organisation
from yidao.kit import clock
from yidao.kit.errors import NotVisible

Kind = Organisation.Kind
Role = Membership.Role

_LOOKS = frozenset({Permission.PARCELS_VIEW})
_EXPORTS = _LOOKS | {Permission.EXPORTS_MAKE}
_OWNS = _EXPORTS | {Permission.MEMBERS_MANAGE, Permission.AUDIT_VIEW}
_ANSWERS = {Permission.NUDGES_ANSWER, Permission.ANOMALIES_ACKNOWLEDGE}
_OPERATES = _EXPORTS | {Permission.AUDIT_VIEW}
_SHIPS = {Permission.ORDERS_SHIP, Permission.ORDERS_EDIT, Permission.BUYERS_REVEAL}
_SERVES = {
    Permission.ORDERS_EDIT,
    Permission.BUYERS_REVEAL,
    Permission.AFTER_SALES_ANSWER,
    Permission.VIOLATIONS_APPEAL,
}
_MINDS_MONEY = {Permission.DEPOSIT_VIEW, Permission.DEPOSIT_TOP_UP}
_SHOPS_ALONE = _SHIPS | _SERVES | {Permission.DEPOSIT_TOP_UP, Permission.SHOP_SETTINGS}
_TENANTS_ALONE = _ANSWERS | _SHOPS_ALONE | {Permission.NUDGES_SEND, Permission.TICKETS_ANSWER}
PERMISSIONS: dict[ActorKind, dict[str, frozenset[Permission]]] = {
    ActorKind.MERCHANT: {
        Role.OWNER: _OWNS | _ANSWERS | _SHOPS_ALONE | _MINDS_MONEY,
        Role.WAYBILLS: _EXPORTS | _SHIPS | {Permission.ANOMALIES_ACKNOWLEDGE},
        Role.SERVICE: _EXPORTS | _ANSWERS | _SERVES,
        Role.FINANCE: _EXPORTS | _MINDS_MONEY,
        Role.WAREHOUSE: _LOOKS | {Permission.ANOMALIES_ACKNOWLEDGE, Permission.ORDERS_SHIP},
        Role.VIEWER: _LOOKS,
    },
    ActorKind.CREATOR: {
        Role.OWNER: _OWNS | {Permission.NUDGES_SEND},
        Role.SERVICE: _EXPORTS | {Permission.NUDGES_SEND},
        Role.FINANCE: _EXPORTS,
        Role.VIEWER: _LOOKS,
    },
    ActorKind.CARRIER: {
        Role.OWNER: _OWNS | {Permission.TICKETS_ANSWER},
        Role.WAYBILLS: _LOOKS,
        Role.SERVICE: _EXPORTS | {Permission.TICKETS_ANSWER},
        Role.FINANCE: _EXPORTS,
        Role.WAREHOUSE: _LOOKS | {Permission.TICKETS_ANSWER},
        Role.VIEWER: _LOOKS,
    },
    ActorKind.PROVIDER: {
        Role.OWNER: _OWNS,
        Role.SERVICE: _EXPORTS,
        Role.FINANCE: _EXPORTS,
        Role.WAREHOUSE: _LOOKS,
        Role.VIEWER: _LOOKS,
    },
    ActorKind.OPERATOR: {
        Role.OWNER: frozenset(Permission) - _TENANTS_ALONE,
        Role.CLERK: _OPERATES
        | {Permission.QUARANTINE_DECIDE, Permission.VISITS_MAKE, Permission.JUDGEMENTS_DECIDE}
        | {Permission.DEPOSIT_VIEW},
        Role.SERVICE: _OPERATES | {Permission.VISITS_MAKE},
        Role.FINANCE: _OPERATES | {Permission.DEPOSIT_VIEW, Permission.SETTLEMENTS_HOLD, Permission.REFUNDS_DECIDE},
        Role.VIEWER: _OPERATES - {Permission.EXPORTS_MAKE},
    },
}
"""What each role allows, by the kind of organisation; a role that is not named there cannot be given there."""


Fits = Callable[[queries.MembershipRow], bool]


def _actor(user_id: UserId, kind: ActorKind, *fits: Fits) -> Actor:
    """
    Make an actor of the memberships that fit the first condition that any fits, else of the support visit that does.

    In several organisations at once it may what it may in each of them.

    :raises NotVisible: there is none.
    """
    rows = queries.memberships(user_id)
    found = _first(rows, fits)
    is_visiting = not found and _may_visit(rows)
    if is_visiting:
        found = _first(queries.visited(user_id, real_now=clock.real_now()), fits)
    if not found:
        raise NotVisible
    allowed = [_LOOKS if is_visiting else PERMISSIONS[kind].get(row.role, frozenset()) for row in found]
    return Actor(
        user_id=user_id,
        credential_id=None,
        kind=kind,
        organisation_ids=tuple(row.organisation_id for row in found),
        permissions=frozenset.intersection(*allowed),
        name="" if len(found) > 1 else found[0].name,
        carrier=found[0].carrier_code,
        source=found[0].source_code,
        is_visiting=is_visiting,
    )


def _first(rows: Iterable[queries.MembershipRow], fits: Iterable[Fits]) -> tuple[queries.MembershipRow, ...]:
    """Return the rows that fit the first condition that any row fits."""
    return next((found for each in fits if (found := tuple(row for row in rows if each(row)))), ())


def _may_visit(rows: Iterable[queries.MembershipRow]) -> bool:
    """Return whether somebody's role at the platform still allows visits; losing it ends those that are open."""
    roles = PERMISSIONS[ActorKind.OPERATOR]
    return any(row.kind == Kind.PLATFORM and Permission.VISITS_MAKE in roles.get(row.role, ()) for row in rows)


def actor_for_shop(user_id: UserId, shop_id: ShopId) -> Actor:
    """
    Return the user as a member of one shop.

    :raises NotVisible: no live membership there.
    """
    return _actor(user_id, ActorKind.MERCHANT, lambda row: row.kind == Kind.SHOP and row.organisation_id == shop_id)


def actor_for_creator(user_id: UserId, creator_id: CreatorId | None) -> Actor:
    """
    Return the user as a member of one creator account, or of all of theirs (an agency, MCN) when none is named.

    :raises NotVisible: no live membership there.
    """
    return _actor(
        user_id,
        ActorKind.CREATOR,
        lambda row: row.kind == Kind.CREATOR and creator_id in (None, row.organisation_id),
    )


def actor_for_carrier(user_id: UserId, carrier_id: OrganisationId, outlet_id: OrganisationId | None) -> Actor:
    """
    Return the user as a member of a carrier's head office (all outlets, or one) or of the outlet that is named.

    The actor of an outlet holds the outlet's id alone; who may see what differs between the two. Who belongs to both is
    the head office.

    :raises NotVisible: no live membership there, or the outlet is not this carrier's.
    """
    actor = _actor(
        user_id,
        ActorKind.CARRIER,
        lambda row: row.kind == Kind.CARRIER and row.organisation_id == carrier_id,
        lambda row: row.kind == Kind.OUTLET and row.parent_id == carrier_id and row.organisation_id == outlet_id,
    )
    is_office = actor.organisation_ids == (carrier_id,)
    if is_office and outlet_id is not None and outlet_id not in queries.outlets(carrier_id):
        raise NotVisible
    return actor


def actor_for_provider(user_id: UserId, provider_id: OrganisationId) -> Actor:
    """
    Return the user as a member of one provider.

    :raises NotVisible: no live membership there.
    """
    return _actor(
        user_id, ActorKind.PROVIDER, lambda row: row.kind == Kind.PROVIDER and row.organisation_id == provider_id
    )


def actor_for_operator(user_id: UserId) -> Actor:
    """
    Return the user as a member of the platform.

    :raises NotVisible: no live membership there.
    """
    return _actor(user_id, ActorKind.OPERATOR, lambda row: row.kind == Kind.PLATFORM)


ACTOR_OF_ORGANISATION = {
    Kind.SHOP: ActorKind.MERCHANT,
    Kind.CREATOR: ActorKind.CREATOR,
    Kind.CARRIER: ActorKind.CARRIER,
    Kind.OUTLET: ActorKind.CARRIER,
    Kind.PROVIDER: ActorKind.PROVIDER,
    Kind.PLATFORM: ActorKind.OPERATOR,
}


def actor_for_credential(credential: queries.CredentialFacts) -> Actor:
    """Return a machine as the actor its organisation makes it; its scopes are its permissions."""
    return Actor(
        user_id=None,
        credential_id=credential.id,
        kind=ACTOR_OF_ORGANISATION[Kind(credential.organisation_kind)],
        organisation_ids=(credential.organisation_id,),
        permissions=credential.scopes,
        carrier=credential.carrier_code,
        source=credential.source_code,
    )
