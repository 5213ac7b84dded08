"""A list to export, people who may, and their phones."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext

from tests.web import cast
from yidao.accounts import access, phones
from yidao.accounts.actors import SYSTEM, Actor
from yidao.accounts.ids import OrganisationId, ShopId, UserId
from yidao.accounts.models import Membership, Organisation
from yidao.exports import registry, services
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.kit import clock, db, ids
from yidao.kit.errors import NotVisible
from yidao.kit.sheets import Format

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)
"""Noon of 2022-06-20 in Shanghai, in business time."""
HEADERS = ("Shop", "Waybill", "Carrier")


@dataclass(slots=True)
class Rows:
    """What the list in these tests holds, and what happens while its rows are read."""

    count: int = 3
    make: Callable[[int], registry.Row] = lambda number: (f"花间集{number}", f"{10**18 + number}", gettext("Carrier"))
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    closed_to: set[int] = field(default_factory=set)
    actors: list[Actor] = field(default_factory=list)

    def count_rows(self, actor: Actor, query: str, now: datetime, limit: int) -> int:
        """Count as the list does, no further than the limit."""
        return min(self.count, limit)

    def rows(self, actor: Actor, query: str, now: datetime) -> Iterator[registry.Row]:
        """Read as the list does."""
        self.actors.append(actor)
        if actor.user_id in self.closed_to:
            raise NotVisible
        for number in range(1, self.count + 1):
            self.before.get(number, lambda: None)()
            yield self.make(number)


_names = itertools.count()


def kind(rows: Rows, **changes: object) -> str:
    """Register a list of its own for one test and return its name."""
    name = f"test-{next(_names)}"
    facts = {"title": "Parcels", "headers": HEADERS, "count": rows.count_rows, "rows": rows.rows, **changes}
    registry.register(registry.Kind(name=name, **facts))  # type: ignore[arg-type]
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A person with a shop."""

    user_id: UserId
    shop_id: OrganisationId

    @property
    def actor(self) -> Actor:
        """Return the person in the shop's console, with the rights of now."""
        return access.actor_for_shop(self.user_id, ShopId(self.shop_id))


def maker(role: Membership.Role = Membership.Role.OWNER, *, shop_id: OrganisationId | None = None) -> Maker:
    """Make a person with a proven phone and a role in a shop."""
    shop = shop_id or cast.organisation(Organisation.Kind.SHOP, "花间集")
    user = cast.user("Alice", (shop, role))
    give_phone(UserId(user.id))
    return Maker(user_id=UserId(user.id), shop_id=shop)


def give_phone(user_id: UserId) -> None:
    """Give a person a mobile number nobody else has."""
    number = f"+86199{ids.new_id() % 10**8:08d}"
    with db.transaction(SYSTEM):
        phones.keep(user_id=user_id, number=number, by_user_id=None, now=NOW, real_now=clock.real_now())


def ask(
    who: Maker,
    name: str,
    *,
    sheet_format: Format = Format.CSV,
    language: str = "zh-hans",
    query: str = "",
    real_now: datetime | None = None,
) -> ExportId:
    """Ask for an export in the shop's console."""
    return services.ask(
        kind=name,
        query=query,
        sheet_format=sheet_format,
        language=language,
        page=f"/m/{who.shop_id}/exports/",
        actor=who.actor,
        now=NOW,
        real_now=real_now or clock.real_now(),
    )


def record(export_id: int) -> ExportRecord:
    """Return the record as it stands."""
    return ExportRecord.objects.get(id=export_id)


MINUTE = timedelta(minutes=1)
