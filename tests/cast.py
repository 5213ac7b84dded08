"""
The fixed cast: merchant Alice, her clerk Bob, stranger Charlie of another shop, creator Dana, Erin whose agency has two
creators, Frank of the carrier's head office, Gina of its outlet, Hank of a provider, operator Olga and her clerk Ken.
Every planting makes new organisations and logins, because the tests' database is never truncated.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from yidao.accounts import services
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.accounts.models import Membership, Organisation

PASSWORD = "correct horse battery"
REAL = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
Kind, Role = Organisation.Kind, Membership.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Ids of everybody and everything; `mark` is in every login."""

    mark: str
    shop: ShopId
    other_shop: ShopId
    creator: CreatorId
    second_creator: CreatorId
    other_creator: CreatorId
    carrier: OrganisationId
    carrier_code: str
    other_carrier: OrganisationId
    outlet: OrganisationId
    other_outlet: OrganisationId
    provider: OrganisationId
    other_provider: OrganisationId
    source: str
    platform: OrganisationId
    users: dict[str, UserId]

    def login(self, name: str) -> str:
        """Return somebody's login."""
        return f"{name}-{self.mark}"


def plant() -> Cast:
    """Make the cast in the current database."""
    mark = uuid.uuid4().hex[:8]

    def organisation(kind: Organisation.Kind, name: str, **facts: object) -> OrganisationId:
        return services.create_organisation(kind=kind, name=f"{name} {mark}", now=REAL, **facts)  # type: ignore[arg-type]

    # A carrier has one head office, so every cast has carriers of its own.
    code, other_code = f"c{mark}", f"d{mark}"
    carrier = organisation(Kind.CARRIER, "中通", carrier_code=code)
    other_carrier = organisation(Kind.CARRIER, "圆通", carrier_code=other_code)
    cast = Cast(
        mark=mark,
        shop=ShopId(organisation(Kind.SHOP, "花间集旗舰店")),
        other_shop=ShopId(organisation(Kind.SHOP, "别家店")),
        creator=CreatorId(organisation(Kind.CREATOR, "达人丹娜")),
        second_creator=CreatorId(organisation(Kind.CREATOR, "达人二号")),
        other_creator=CreatorId(organisation(Kind.CREATOR, "别的达人")),
        carrier=carrier,
        carrier_code=code,
        other_carrier=other_carrier,
        outlet=organisation(Kind.OUTLET, "杭州网点", carrier_code=code, parent_id=carrier),
        other_outlet=organisation(Kind.OUTLET, "成都网点", carrier_code=other_code, parent_id=other_carrier),
        provider=organisation(Kind.PROVIDER, "快递100", source_code=f"S{mark}"),
        other_provider=organisation(Kind.PROVIDER, "快递鸟", source_code=f"T{mark}"),
        source=f"S{mark}",
        platform=organisation(Kind.PLATFORM, "平台"),
        users={},
    )
    roles = {
        "alice": [(cast.shop, Role.OWNER)],
        "bob": [(cast.shop, Role.CLERK)],
        "charlie": [(cast.other_shop, Role.OWNER)],
        "dana": [(cast.creator, Role.OWNER)],
        "erin": [(cast.creator, Role.OWNER), (cast.second_creator, Role.OWNER)],
        "frank": [(cast.carrier, Role.OWNER)],
        "gina": [(cast.outlet, Role.CLERK)],
        "hank": [(cast.provider, Role.OWNER)],
        "olga": [(cast.platform, Role.OWNER)],
        "ken": [(cast.platform, Role.VIEWER)],
        "nobody": [],
    }
    for name, memberships in roles.items():
        user_id = services.create_user(login=cast.login(name), name=name.capitalize(), password=PASSWORD)
        cast.users[name] = user_id
        for organisation_id, role in memberships:
            services.join(user_id=user_id, organisation_id=organisation_id, role=role)
    return cast
