"""
Who plays in the demo: its organisations, its people with their printed logins, and the market's credentials. Made once,
when a database becomes a demo; what was chosen then (seed, start, size) stands in the journal and holds for its life.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from django.db import connection as django_connection

from yidao.accounts import phones, services
from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.accounts.ids import OrganisationId
from yidao.accounts.models import Membership, Organisation
from yidao.audit import services as audit
from yidao.config import demo_clock
from yidao.kit import clock, crypto, db
from yidao.kit.errors import Refusal
from yidao.ledger import posting
from yidao.ledger.posting import Due
from yidao.market import data, late_stories, stamps
from yidao.market.courier import Keys, PushKey
from yidao.market.world import Cast
from yidao.orders import refunding
from yidao.policies import families
from yidao.policies import services as policies
from yidao.rules import monitor
from yidao.rules.instants import instant
from yidao.rules.refunds import Route

HISTORY_DAYS: Final = 25
DEPOSIT_FEN: Final = 500_000
POOR_SHOP: Final = "newcomer"
POOR_DEPOSIT_FEN: Final = 1_500
HIDDEN_DAYS: Final = 3
"""The first days of the history lie before the data start of the creators' monitor."""
PER_DAY_MIN: Final = 60
"""A smaller market would have little but its staged parcels."""
BEGUN: Final = "demo.begun"
KUAIDI100_NAME: Final = "快递100"
KDNIAO_NAME: Final = "快递鸟"
PLATFORM_NAME: Final = "抖音电商平台（演示）"
AGENCY_LOGIN: Final = "mandy"
OUTLET_NAME: Final = "杭州西湖网点"

Kind = Organisation.Kind
Role = Membership.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """
    One printed login; the password is part of the demo's public script, not a secret. Codes for the phone stand on the
    operator's page of text messages.
    """

    role: str
    login: str
    name: str
    password: str
    held: Membership.Role

    @property
    def phone(self) -> str:
        """Return the login's number in the demo: the first is +86 199 0000 0001."""
        return f"+86199{LOGINS.index(self) + 1:08d}"


def _login(role: str, login: str, name: str, held: Membership.Role = Role.OWNER) -> Login:
    return Login(role=role, login=login, name=name, password=f"{login}-at-yidao", held=held)


LOGINS: Final = (
    _login("merchant (owner)", "alice", "Alice"),
    _login("merchant (客服 service)", "bob", "Bob", Role.SERVICE),
    _login("merchant (another shop)", "charlie", "Charlie"),
    _login("creator", "dana", "Dana"),
    _login("creators' agency (MCN)", AGENCY_LOGIN, "Mandy"),
    _login("carrier (head office)", "henry", "Henry"),
    _login("carrier (outlet)", "otto", "Otto"),
    _login("provider", "petra", "Petra"),
    _login("operator", "olga", "Olga"),
    _login("merchant (打单 waybills)", "wendy", "Wendy", Role.WAYBILLS),
    _login("merchant (财务 finance)", "fiona", "Fiona", Role.FINANCE),
    _login("merchant (仓库 warehouse)", "walt", "Walt", Role.WAREHOUSE),
    _login("merchant (只看 looks only)", "vera", "Vera", Role.VIEWER),
    _login("operator (运营 operations)", "clara", "Clara", Role.CLERK),
)
"""In the order in which they came to be: each one's phone is counted by it."""


class NotEmpty(Refusal):
    """Only an empty database can become a demo."""

    code = "demo.not_empty"
    message = "This database already holds organisations; a demo begins in an empty one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was chosen when the demo began: seed, first midnight and hour of opening (seconds), parcels a day."""

    seed: int
    begins_at: int
    opens_at: int
    per_day: int


def begin(*, seed: int, start: datetime, rate: float, parcels: int) -> None:
    """
    Make an empty database a demo: cast, logins, journal entry, and the clock, standing at the beginning of history.

    All of it or nothing.

    :raises NotEmpty: there are organisations already.
    """
    opens_at = stamps.second_of(start)
    begins_at = stamps.midnight(opens_at) - HISTORY_DAYS * stamps.DAY
    first = datetime.fromtimestamp(begins_at, tz=UTC)
    choices = Choices(
        seed=seed, begins_at=begins_at, opens_at=opens_at, per_day=max(PER_DAY_MIN, parcels // HISTORY_DAYS)
    )
    with db.transaction(SYSTEM):
        if existing_organisations():
            raise NotEmpty
        platform = _populate(now=first)
        _begin_data(platform, begins_at=begins_at, now=first)
        _pay_deposits(now=first)
        refunding.tell_sandbox(
            order_no_prefix=late_stories.order_no(late_stories.OLD_ORDER_CASE, 0), acts="FAIL", route=Route.ORIGINAL
        )
        audit.record(
            act=BEGUN,
            subject="demo/1",
            at_real=clock.real_now(),
            at_business=first,
            details=asdict(choices),
        )
        demo_clock.begin(django_connection.connection, at=first, rate=rate)


def _pay_deposits(*, now: datetime) -> None:
    """Let every shop have paid its deposit before anything happens; one paid so little that it soon owes."""
    found = tenants(django_connection.connection).shops
    dues = [
        Due(
            f"opening/{shop_id}",
            shop_id,
            POOR_DEPOSIT_FEN if key == POOR_SHOP else DEPOSIT_FEN,
            {"reason": "开店保证金"},
        )
        for key, shop_id in found.items()
    ]
    kind, source = posting.Kind.TOP_UP, posting.Account.TOPUP_CLEARING
    posting.give_back(django_connection.connection, dues, now=now, kind=kind.value, source=source.value)


def choices(connection: psycopg.Connection[Any]) -> Choices:
    """Return what was chosen when this demo began."""
    row = connection.execute("SELECT details FROM audit_entry WHERE act = %s ORDER BY id LIMIT 1", (BEGUN,)).fetchone()
    assert row is not None, "a demo has a journal entry about its beginning"
    return msgspec.convert(row[0], Choices)


def existing_organisations() -> bool:
    """Return whether anybody lives in this database already."""
    with django_connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM organisation)")
        return bool(cursor.fetchone()[0])


def _begin_data(platform: OrganisationId, *, begins_at: int, now: datetime) -> None:
    """Publish a data start some days into the history, so that there is something that creators do not see."""
    start = datetime.fromtimestamp(begins_at + HIDDEN_DAYS * stamps.DAY, tz=stamps.SHANGHAI)
    seed = monitor.MONITOR_DOUYIN_2021
    family, profile, number = seed.version.split("/")
    draft = policies.Draft(
        family=family,
        profile=profile,
        scope_kind=families.PLATFORM,
        scope_id="",
        effective_from=now,
        body=monitor.to_body(replace(seed, data_start=instant(start))),
    )
    actor = Actor(
        user_id=None,
        credential_id=None,
        kind=ActorKind.OPERATOR,
        organisation_ids=(platform,),
        permissions=frozenset({Permission.POLICIES_PUBLISH}),
    )
    name = f"{family}/{profile}/{int(number) + 1}"
    policies.add(draft, expected_name=name, actor=actor, now=now, real_now=clock.real_now())


def _populate(*, now: datetime) -> OrganisationId:
    """Make the organisations and their people; return the platform."""
    shops = [services.create_organisation(kind=Kind.SHOP, name=shop.name, now=now) for shop in data.SHOPS]
    creators = [services.create_organisation(kind=Kind.CREATOR, name=one.name, now=now) for one in data.CREATORS]
    carriers = [
        services.create_organisation(kind=Kind.CARRIER, name=one.name, carrier_code=one.code, now=now)
        for one in data.CARRIERS
    ]
    outlet = services.create_organisation(
        kind=Kind.OUTLET,
        name=f"{data.CARRIERS[0].short}{OUTLET_NAME}",
        carrier_code=data.CARRIERS[0].code,
        parent_id=carriers[0],
        now=now,
    )
    provider = services.create_organisation(kind=Kind.PROVIDER, name=KUAIDI100_NAME, source_code="KUAIDI100", now=now)
    services.create_organisation(kind=Kind.PROVIDER, name=KDNIAO_NAME, source_code="KDNIAO", now=now)
    platform = services.create_organisation(kind=Kind.PLATFORM, name=PLATFORM_NAME, now=now)
    agency = [org for org, one in zip(creators, data.CREATORS, strict=True) if one.agency]
    places: Mapping[str, list[OrganisationId]] = {
        "alice": shops[:1],
        **dict.fromkeys(("bob", "wendy", "fiona", "walt", "vera"), shops[:1]),
        "charlie": shops[1:2],
        "dana": creators[:1],
        AGENCY_LOGIN: agency,
        "henry": carriers[:1],
        "otto": [outlet],
        "petra": [provider],
        "olga": [platform],
        "clara": [platform],
    }
    for one in LOGINS:
        user_id = services.create_user(login=one.login, name=one.name, password=one.password)
        for organisation_id in places[one.login]:
            services.join(user_id=user_id, organisation_id=organisation_id, role=one.held, real_now=clock.real_now())
        phones.keep(user_id=user_id, number=one.phone, by_user_id=None, now=now, real_now=clock.real_now())
    return platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """The demo's organisations by what the market calls them."""

    shops: Mapping[str, int]
    creators: Mapping[str, int]
    carriers: Mapping[str, int]
    providers: Mapping[str, int]
    platform: int

    def cast(self) -> Cast:
        """Return the ids in the order of the market's tables."""
        return Cast(
            shop_ids=tuple(str(self.shops[shop.key]) for shop in data.SHOPS),
            creator_ids=tuple(str(self.creators[creator.key]) for creator in data.CREATORS),
        )


def tenants(connection: psycopg.Connection[Any]) -> Tenants:
    """
    Return the demo's organisations, found by the order in which they were made: names may be corrected later.

    Whatever an operator added since has a higher id.
    """
    rows = connection.execute(
        "SELECT kind, carrier_code, source_code, id FROM organisation ORDER BY id DESC"
    ).fetchall()
    oldest_first: dict[str, list[int]] = {}
    for kind, _, _, organisation_id in reversed(rows):
        oldest_first.setdefault(kind, []).append(organisation_id)
    return Tenants(
        shops={shop.key: made for shop, made in zip(data.SHOPS, oldest_first[Kind.SHOP], strict=False)},
        creators={one.key: made for one, made in zip(data.CREATORS, oldest_first[Kind.CREATOR], strict=False)},
        carriers={code: organisation_id for kind, code, _, organisation_id in rows if kind == Kind.CARRIER},
        providers={source: organisation_id for kind, _, source, organisation_id in rows if kind == Kind.PROVIDER},
        platform=oldest_first[Kind.PLATFORM][0],
    )


def keys(found: Tenants, *, now: datetime) -> Keys:
    """
    Return the market's credentials, made at the first call.

    Yidao keeps only digests of tokens, so the market keeps its own like any client does: in a file of mode 0600 beside
    the key ring. Without the file it asks for new ones.
    """
    path = keys_path(found)
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    with db.transaction(SYSTEM):
        made = _made_keys(found, now=now)
    _write_privately(path, msgspec.json.encode(made))
    return made


def keys_path(found: Tenants) -> Path:
    """Return where the market of this demo keeps its credentials."""
    return crypto.keys_path().parent / f"demo-market-{found.platform}.json"


def _made_keys(found: Tenants, *, now: datetime) -> Keys:
    real_now = clock.real_now()

    def token(organisation_id: int, *scopes: str) -> str:
        return services.create_credential(
            organisation_id=OrganisationId(organisation_id),
            name="demo market",
            scopes=scopes,
            now=now,
            real_now=real_now,
        )[1]

    def push_key(source: str) -> PushKey:
        secret = secrets.token_urlsafe(18)
        credential_id, _ = services.create_credential(
            organisation_id=OrganisationId(found.providers[source]),
            name=f"demo market, {source}",
            scopes=["events:write"],
            now=now,
            real_now=real_now,
            push_secret=secret,
        )
        return PushKey(credential_id=str(credential_id), secret=secret)

    return Keys(
        platform=token(found.platform, "orders:write", "parcels:write", "events:write", "parcels:read"),
        carriers={code: token(organisation_id, "events:write") for code, organisation_id in found.carriers.items()},
        shops={
            key: token(found.shops[key], "orders:write", "parcels:write", "events:write")
            for key in ("alice", "charlie")
        },
        kuaidi100=push_key("KUAIDI100"),
        kdniao=push_key("KDNIAO"),
    )


def _write_privately(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)
