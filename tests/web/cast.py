"""
The fixed cast of the web tests: merchant Alice with her clerk Bob, the stranger Charlie with a shop of his own, creator
Dana, an agency with two creators, a carrier with an outlet, a provider, and operators with different roles.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from yidao.accounts import services
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.accounts.models import Membership, Organisation, User
from yidao.kit import ids

NOW = datetime(2022, 7, 1, 4, 0, tzinfo=UTC)
Kind = Organisation.Kind
Role = Membership.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who and what there is; `other_...` belong to nobody of the named users but Charlie."""

    shop: ShopId
    other_shop: ShopId
    creator: CreatorId
    second_creator: CreatorId
    other_creator: CreatorId
    carrier: OrganisationId
    outlet: OrganisationId
    other_carrier: OrganisationId
    other_outlet: OrganisationId
    provider: OrganisationId
    other_provider: OrganisationId
    platform: OrganisationId
    alice: User
    bob: User
    charlie: User
    dana: User
    agency: User
    carrie: User
    oscar: User
    paul: User
    olga: User
    clerk: User
    viewer: User
    nobody: User


def organisation(kind: Organisation.Kind, name: str, **more: object) -> OrganisationId:
    """Make an organisation."""
    return services.create_organisation(kind=kind, name=name, now=NOW, **more)  # type: ignore[arg-type]


def user(name: str, *roles: tuple[OrganisationId, Membership.Role]) -> User:
    """Make a user with a login nobody else has; the password is never used, tests log in by force."""
    made = User.objects.create(id=ids.new_id(), login=f"{name.lower()}-{ids.new_id()}", name=name, password="!")
    for organisation_id, role in roles:
        services.join(user_id=UserId(made.id), organisation_id=organisation_id, role=role)
    return made


def build(*, carrier_code: str = "zhongtong", other_carrier_code: str = "yuantong") -> Cast:
    """Make the whole cast."""
    shop, other_shop = organisation(Kind.SHOP, "花间集"), organisation(Kind.SHOP, "别家店")
    creators = [organisation(Kind.CREATOR, name) for name in ("达人一", "达人二", "别家达人")]
    carrier = organisation(Kind.CARRIER, "中通总部", carrier_code=carrier_code)
    other_carrier = organisation(Kind.CARRIER, "圆通总部", carrier_code=other_carrier_code)
    outlet = organisation(Kind.OUTLET, "义乌网点", carrier_code=carrier_code, parent_id=carrier)
    other_outlet = organisation(Kind.OUTLET, "金华网点", carrier_code=other_carrier_code, parent_id=other_carrier)
    provider = organisation(Kind.PROVIDER, "快递100", source_code="KUAIDI100")
    other_provider = organisation(Kind.PROVIDER, "快递鸟", source_code="KDNIAO")
    platform = organisation(Kind.PLATFORM, "平台")
    return Cast(
        shop=ShopId(shop),
        other_shop=ShopId(other_shop),
        creator=CreatorId(creators[0]),
        second_creator=CreatorId(creators[1]),
        other_creator=CreatorId(creators[2]),
        carrier=carrier,
        outlet=outlet,
        other_carrier=other_carrier,
        other_outlet=other_outlet,
        provider=provider,
        other_provider=other_provider,
        platform=platform,
        alice=user("Alice", (shop, Role.OWNER)),
        bob=user("Bob", (shop, Role.SERVICE)),
        charlie=user(
            "Charlie",
            *((each, Role.OWNER) for each in (other_shop, creators[2], other_carrier, other_outlet, other_provider)),
        ),
        dana=user("Dana", (creators[0], Role.OWNER)),
        agency=user("Agency", (creators[0], Role.OWNER), (creators[1], Role.OWNER)),
        carrie=user("Carrie", (carrier, Role.OWNER)),
        oscar=user("Oscar", (outlet, Role.OWNER)),
        paul=user("Paul", (provider, Role.OWNER)),
        olga=user("Olga", (platform, Role.OWNER)),
        clerk=user("Clerk", (platform, Role.CLERK)),
        viewer=user("Viewer", (platform, Role.VIEWER)),
        nobody=user("Nobody"),
    )
