"""Who acts: the frozen argument of every query and service. A missing actor is an error, never a permission."""

from dataclasses import dataclass
from enum import StrEnum

from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.kit.errors import Forbidden


class ActorKind(StrEnum):
    """On whose behalf something is done; decides which rows are visible and which form a number is shown in."""

    MERCHANT = "MERCHANT"
    CREATOR = "CREATOR"
    CARRIER = "CARRIER"
    PROVIDER = "PROVIDER"
    OPERATOR = "OPERATOR"
    SYSTEM = "SYSTEM"


class Permission(StrEnum):
    """What a membership's role allows beyond looking."""

    PARCELS_VIEW = "parcels.view"
    EXPORTS_MAKE = "exports.make"
    NUDGES_SEND = "nudges.send"
    NUDGES_ANSWER = "nudges.answer"
    ANOMALIES_ACKNOWLEDGE = "anomalies.acknowledge"
    TICKETS_ANSWER = "tickets.answer"
    ORDERS_SHIP = "orders.ship"
    ORDERS_EDIT = "orders.edit"
    BUYERS_REVEAL = "buyers.reveal"
    AFTER_SALES_ANSWER = "after_sales.answer"
    VIOLATIONS_APPEAL = "violations.appeal"
    DEPOSIT_VIEW = "deposit.view"
    DEPOSIT_TOP_UP = "deposit.top_up"
    SHOP_SETTINGS = "shop.settings"
    JUDGEMENTS_DECIDE = "judgements.decide"
    SETTLEMENTS_HOLD = "settlements.hold"
    REFUNDS_DECIDE = "refunds.decide"
    CALENDAR_EDIT = "calendar.edit"
    MEMBERS_MANAGE = "members.manage"
    USERS_MANAGE = "users.manage"
    VISITS_MAKE = "visits.make"
    POLICIES_PUBLISH = "policies.publish"
    QUARANTINE_DECIDE = "quarantine.decide"
    CLOCK_FORWARD = "clock.forward"
    AUDIT_VIEW = "audit.view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """
    One user or credential acting for one kind of organisation. `organisation_ids` are those it may see; `name` says
    whose console it is, empty when there are several. Who `is_visiting` is an operator who looks and changes nothing.
    """

    user_id: UserId | None
    credential_id: CredentialId | None
    kind: ActorKind
    organisation_ids: tuple[OrganisationId, ...]
    permissions: frozenset[str]
    name: str = ""
    carrier: str = ""
    source: str = ""
    is_visiting: bool = False

    def may(self, permission: Permission) -> bool:
        """Return whether this actor's role allows it."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """
        Do nothing for whom it is allowed.

        :raises Forbidden: this actor's role does not allow it.
        """
        if permission not in self.permissions:
            raise Forbidden


SYSTEM = Actor(user_id=None, credential_id=None, kind=ActorKind.SYSTEM, organisation_ids=(), permissions=frozenset())
