"""The maker of an export as an actor of this moment: a file holds what its maker may see when it is made."""

from collections.abc import Sequence
from dataclasses import replace

from yidao.accounts import access, queries
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.accounts.models import Organisation
from yidao.kit.errors import NotVisible


def actor_now(*, user_id: UserId, kind: ActorKind, organisation_ids: Sequence[int]) -> Actor | None:
    """
    Return the user as the actor who asked, with the rights of now; None when one of the organisations is closed to
    them by now, or their role there does not allow exports any more.

    Who asked for several accounts at once gets all of them or none: a file with some of them left out would look whole.
    """
    try:
        actor = _actor(user_id, kind, organisation_ids)
    except NotVisible:
        return None
    return actor if actor.may(Permission.EXPORTS_MAKE) else None


def _actor(user_id: UserId, kind: ActorKind, organisation_ids: Sequence[int]) -> Actor:
    """
    Ask the same guard as the console the export was asked in.

    :raises NotVisible: the user is no member there.
    """
    first = OrganisationId(organisation_ids[0])
    match kind:
        case ActorKind.MERCHANT:
            return access.actor_for_shop(user_id, ShopId(first))
        case ActorKind.CREATOR:
            everybody = access.actor_for_creator(user_id, None)
            if set(everybody.organisation_ids) == set(organisation_ids):
                return everybody
            actors = [access.actor_for_creator(user_id, CreatorId(OrganisationId(each))) for each in organisation_ids]
            return replace(
                actors[0],
                organisation_ids=tuple(each.organisation_ids[0] for each in actors),
                permissions=frozenset.intersection(*(each.permissions for each in actors)),
                name=actors[0].name if len(actors) == 1 else "",
            )
        case ActorKind.CARRIER:
            own = [row for row in queries.memberships(user_id) if row.organisation_id == first]
            if own and own[0].kind == Organisation.Kind.OUTLET and own[0].parent_id is not None:
                return access.actor_for_carrier(user_id, own[0].parent_id, first)
            return access.actor_for_carrier(user_id, first, None)
        case ActorKind.PROVIDER:
            return access.actor_for_provider(user_id, first)
        case ActorKind.OPERATOR:
            return access.actor_for_operator(user_id)
        case _:
            raise NotVisible
