"""
Reads of violations (违规处理) for shops and the platform: lists, one with everything behind it, those of an order, and
how many a person has not seen yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Q, QuerySet

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.judging import appeals, cases
from yidao.judging.case_models import Appeal, CaseFile, ViolationSeen
from yidao.judging.models import Judgement, Penalty, ProductBan, Reversal, Violation
from yidao.kit import paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists import sources
from yidao.kit.lists.questions import Question
from yidao.orders import raw
from yidao.orders.models import Order
from yidao.policies import books, families
from yidao.rules import appeals as rule
from yidao.rules.instants import instant

State = Violation.State
OF_ORDER_MAX: Final = 50
UNSEEN_MAX: Final = 99
SHOPS_FOUND_MAX: Final = 200
_COLUMNS: Final = (
    "shop_id",
    "order_id",
    "order_no",
    "kind",
    "round",
    "ordinal",
    "state",
    "money",
    "deducted_fen",
    "notified_at",
    "appeal_until",
    "policy",
    "opened_by",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationRow:
    """One violation in a list. `ordinal_max` is how often its policy judges an order, 0 where it does not say."""

    id: int
    shop_id: int
    order_id: int
    order_no: str
    kind: str
    round: int
    ordinal: int
    ordinal_max: int
    at: datetime
    state: str
    money: str
    deducted_fen: int
    notified_at: datetime | None
    appeal_until: datetime | None
    policy: str
    opened_by: int | None

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return f"{self.state}/{self.money}/{self.deducted_fen}/{self.notified_at or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes rows; it looks up each policy version once."""

    known: dict[str, int] = field(default_factory=dict)

    def row(self, values: Mapping[str, Any]) -> ViolationRow:
        """Return one row."""
        return ViolationRow(**values, ordinal_max=self._most(values["policy"]))

    def _most(self, policy: str) -> int:
        if not policy.startswith(f"{families.LATE_SHIPMENT.name}/"):
            return 0
        if policy not in self.known:
            book = books.shelf(raw.plain()).of(families.LATE_SHIPMENT)
            self.known[policy] = book.by_name(policy).judgements_max
        return self.known[policy]


def _visible(actor: Actor) -> QuerySet[Violation]:
    if actor.kind is ActorKind.OPERATOR:
        return Violation.objects.all()
    if actor.kind is ActorKind.MERCHANT:
        return Violation.objects.filter(shop_id__in=actor.organisation_ids)
    return Violation.objects.none()


def source(*, actor: Actor) -> sources.Table[ViolationRow]:
    """Return the violations an actor may see, the newest first."""
    return sources.Table(
        name="violations",
        rows=_visible(actor),
        moment="at",
        columns=_COLUMNS,
        make=_Maker().row,
        narrow=_narrow,
    )


def _narrow(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    for name, column in (("state", "state"), ("kind", "kind"), ("money", "money"), ("order", "order_no")):
        if chosen := question.of(name):
            rows = rows.filter(**{f"{column}__in": chosen})
    if ordinals := question.of("ordinal"):
        rows = rows.filter(ordinal__in=[int(each) for each in ordinals])
    rows = _of_shops(rows, question)
    since, until = question.span("day")
    rows = rows.filter(at__gte=since) if since is not None else rows
    return rows.filter(at__lt=until) if until is not None else rows


def _of_shops(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    """Narrow rows to the shops a part of a name, or an id, finds."""
    text = question.one("shop")
    return rows.filter(shop_id__in=accounts.find_shops(text, limit=SHOPS_FOUND_MAX)) if text else rows


def of_order(*, actor: Actor, order_id: int) -> tuple[ViolationRow, ...]:
    """Return the violations of one order that the actor may see, the oldest first."""
    rows = _visible(actor).filter(order_id=order_id).order_by("at", "id").values("id", "at", *_COLUMNS)
    return tuple(map(_Maker().row, rows[:OF_ORDER_MAX]))


def counts(*, actor: Actor) -> dict[str, int]:
    """Return how many violations of the actor's stand how; for figures of one shop, not for lists of millions."""
    found = _visible(actor).values("state").order_by().annotate(count=Count("id"))
    return {each["state"]: each["count"] for each in found}


# --- One violation ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyRow:
    """What a violation took, or gave back; 0 with a cause where a limit was reached."""

    kind: str
    amount_fen: int
    points_tenths: int
    cause: str
    at: datetime
    is_reversal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """Why and when a violation was lifted."""

    cause: str
    at: datetime
    user_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRow:
    """One appeal with its answer."""

    id: int
    violation_id: int
    shop_id: int
    order_no: str
    kind: str
    channel: str
    text: str
    state: str
    filed_at: datetime
    filed_by: int | None
    due_at: datetime
    soon_at: datetime
    answered_at: datetime | None
    answered_by: int | None
    answer: str
    pictures: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BanRow:
    """A product that may not be sold, or might not, with the order that brought it about."""

    id: int
    shop_id: int
    product_id: str
    order_id: int
    order_no: str
    banned_at: datetime
    lifted_at: datetime | None
    lifted_cause: str

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return str(self.lifted_at or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """
    One violation with everything behind it. `ship_by_at` is D as it was judged by; `next_at` is when the order is
    judged next unless something happens before, `is_waiting` whether it still waits to be shipped; `refused` is why it
    cannot be appealed against, None when it can.
    """

    row: ViolationRow
    facts: Mapping[str, Any]
    recorded_at: datetime
    ship_by_at: datetime | None
    order_state: str
    is_waiting: bool
    next_at: datetime | None
    penalties: tuple[PenaltyRow, ...]
    lifted: Lifted | None
    appeal: AppealRow | None
    refused: rule.Refused | None
    said: tuple[cases.Said, ...]
    pictures: tuple[int, ...]
    bans: tuple[BanRow, ...]


def one(violation_id: int, *, actor: Actor, now: datetime) -> Detail:
    """
    Return one violation.

    :raises NotVisible: it is not the actor's.
    """
    found = cases.visible(violation_id, actor=actor)
    judged = Judgement.objects.get(id=violation_id)
    order = Order.objects.filter(id=found.order_id).first()
    appealed = Appeal.objects.filter(violation_id=violation_id).first()
    row = _Maker().row({"id": found.id, "at": found.at, **{name: getattr(found, name) for name in _COLUMNS}})
    told = judged.facts.get("ship_by_at")
    is_live = order is not None and found.state != State.REVERSED and order.judge_round == found.round
    return Detail(
        row=row,
        facts=judged.facts,
        recorded_at=judged.recorded_at,
        ship_by_at=datetime.fromisoformat(told) if isinstance(told, str) else None,
        order_state=order.state if order is not None else "",
        is_waiting=order is not None and order.ship_by_at is not None,
        next_at=order.judge_due_at if is_live and order is not None and row.ordinal_max else None,
        penalties=_penalties(violation_id),
        lifted=_lifted(violation_id),
        appeal=appeal_row(appealed) if appealed is not None else None,
        refused=rule.refusal(appeals.standing(found, is_appealed=appealed is not None), instant(now)),
        said=cases.said(violation_id),
        pictures=cases.pictures_of(CaseFile.Owner.VIOLATION, violation_id),
        bans=bans_of_order(actor=actor, order_id=found.order_id),
    )


def _penalties(violation_id: int) -> tuple[PenaltyRow, ...]:
    return tuple(
        PenaltyRow(
            kind=each.kind,
            amount_fen=each.amount_fen,
            points_tenths=each.points_tenths,
            cause=each.cause,
            at=each.at,
            is_reversal=each.reverses_id is not None,
        )
        for each in Penalty.objects.filter(judgement_id=violation_id).order_by("id")
    )


def _lifted(violation_id: int) -> Lifted | None:
    found = Reversal.objects.filter(judgement_id=violation_id).first()
    return Lifted(cause=found.cause, at=found.at, user_id=found.user_id) if found is not None else None


def appeal_row(found: Appeal) -> AppealRow:
    """Return an appeal with its words opened."""
    return AppealRow(
        id=found.id,
        violation_id=found.violation_id,
        shop_id=found.shop_id,
        order_no=found.order_no,
        kind=found.kind,
        channel=found.channel,
        text=cases.opened(found.text_encrypted, place=appeals.TEXT_PLACE, row_id=found.id),
        state=found.state,
        filed_at=found.filed_at,
        filed_by=found.filed_by,
        due_at=found.due_at,
        soon_at=found.soon_at,
        answered_at=found.answered_at,
        answered_by=found.answered_by,
        answer=cases.opened(found.answer_encrypted, place=appeals.ANSWER_PLACE, row_id=found.id),
        pictures=cases.pictures_of(CaseFile.Owner.APPEAL, found.id),
    )


def appeal(appeal_id: int, *, actor: Actor) -> AppealRow:
    """
    Return one appeal for the platform, who reviews it, or for the shop that made it.

    :raises NotVisible: it is neither's.
    """
    found = Appeal.objects.filter(id=appeal_id).first()
    is_own = found is not None and actor.kind is ActorKind.MERCHANT and found.shop_id in actor.organisation_ids
    if found is None or not (is_own or actor.kind is ActorKind.OPERATOR):
        raise NotVisible
    return appeal_row(found)


# --- Appeals that wait, bans, history ---


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """One appeal in the reviewers' queue."""

    id: int
    violation_id: int
    shop_id: int
    order_no: str
    kind: str
    channel: str
    state: str
    filed_at: datetime
    due_at: datetime
    soon_at: datetime
    answered_at: datetime | None

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return self.state


_APPEAL_COLUMNS: Final = tuple(each.name for each in fields(WaitingRow))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """All appeals for the platform, nothing for anybody else; what must be answered first stands first."""

    actor: Actor

    def page(self, question: Question) -> paging.Page[WaitingRow]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        fingerprint = paging.filter_hash("appeals", self.actor.kind, *question.fingerprint())
        found = self._narrowed(question)
        start = 0 if question.after else question.offset
        if question.after:
            due_at, last_id = paging.open_cursor(question.after, of=fingerprint, length=2)
            moment = datetime.fromisoformat(due_at)
            found = found.filter(Q(due_at__gt=moment) | Q(due_at=moment, id__gt=last_id))
        values = list(found.order_by("due_at", "id").values(*_APPEAL_COLUMNS)[start : start + question.size + 1])
        rows = tuple(WaitingRow(**each) for each in values[: question.size])
        if len(values) <= question.size:
            return paging.Page(rows=rows, next_cursor="")
        cursor = paging.cursor((rows[-1].due_at.isoformat(), rows[-1].id), of=fingerprint)
        return paging.Page(rows=rows, next_cursor=cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many there are, at most `limit`."""
        return self._narrowed(question)[:limit].count()

    def _narrowed(self, question: Question) -> QuerySet[Appeal]:
        if self.actor.kind is not ActorKind.OPERATOR:
            return Appeal.objects.none()
        return _narrow_appeals(Appeal.objects.all(), question)


def _narrow_appeals(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    for name, column in (("state", "state"), ("kind", "kind"), ("order", "order_no"), ("channel", "channel")):
        if chosen := question.of(name):
            rows = rows.filter(**{f"{column}__in": chosen})
    rows = _of_shops(rows, question)
    return rows


def waiting_appeals(*, actor: Actor) -> int:
    """Return how many appeals wait for an answer."""
    return Appeal.objects.filter(state=Appeal.State.OPEN).count() if actor.kind is ActorKind.OPERATOR else 0


def bans(*, actor: Actor) -> sources.Table[BanRow]:
    """Return the banned products an actor may see, the newest first, lifted ones too."""
    rows = ProductBan.objects.all()
    if actor.kind is not ActorKind.OPERATOR:
        rows = rows.filter(shop_id__in=actor.organisation_ids)
    return sources.Table(
        name="bans",
        rows=rows,
        moment="banned_at",
        columns=("shop_id", "product_id", "order_id", "order_no", "lifted_at", "lifted_cause"),
        make=lambda values: BanRow(**values),
        narrow=_narrow_bans,
    )


def _narrow_bans(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    if state := question.one("state"):
        rows = rows.filter(lifted_at__isnull=state == "LIVE")
    if numbers := question.of("order"):
        rows = rows.filter(order_no__in=numbers)
    if product := question.one("product"):
        rows = rows.filter(product_id=product)
    rows = _of_shops(rows, question)
    return rows


def ban(ban_id: int, *, actor: Actor) -> BanRow:
    """
    Return one ban.

    :raises NotVisible: it is not the actor's.
    """
    found = _bans(actor, Q(id=ban_id), 1)
    if not found:
        raise NotVisible
    return found[0]


def live_bans(*, actor: Actor, shop_id: int, limit: int) -> tuple[BanRow, ...]:
    """Return the products of a shop that may not be sold now."""
    return _bans(actor, Q(shop_id=shop_id, lifted_at=None), limit)


def bans_of_order(*, actor: Actor, order_id: int) -> tuple[BanRow, ...]:
    """Return the bans an order brought about."""
    return _bans(actor, Q(order_id=order_id), OF_ORDER_MAX)


def _bans(actor: Actor, wanted: Q, limit: int) -> tuple[BanRow, ...]:
    rows = ProductBan.objects.filter(wanted).order_by("-banned_at", "-id")
    if actor.kind is not ActorKind.OPERATOR:
        rows = rows.filter(shop_id__in=actor.organisation_ids)
    return tuple(BanRow(**each) for each in rows.values(*(each.name for each in fields(BanRow)))[:limit])


# --- What a person has not seen ---

_UNSEEN: Final = """
SELECT count(*) FROM (
  SELECT 1 FROM violation AS v LEFT JOIN violation_seen AS s ON s.user_id = %s AND s.shop_id = v.shop_id
   WHERE v.shop_id = ANY(%s) AND v.notified_at > coalesce(s.seen_at, '-infinity') LIMIT %s) AS found
"""
_SEE: Final = """
INSERT INTO violation_seen (user_id, shop_id, seen_at) VALUES (%s, %s, %s)
ON CONFLICT (user_id, shop_id) DO UPDATE SET seen_at = greatest(violation_seen.seen_at, excluded.seen_at)
"""


def unseen(actor: Actor) -> int:
    """Return how many violations the person has not seen since the shops were told, UNSEEN_MAX + 1 at most."""
    if actor.user_id is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_UNSEEN, [actor.user_id, list(actor.organisation_ids), UNSEEN_MAX + 1])
        return int(cursor.fetchone()[0])


def see(*, actor: Actor, shop_id: int, now: datetime) -> None:
    """Remember that the actor's person has seen a shop's violations; who only looks on leaves no trace."""
    if actor.user_id is None or actor.is_visiting:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SEE, [actor.user_id, shop_id, now])


def seen_at(*, actor: Actor, shop_id: int) -> datetime | None:
    """Return until when the actor's person has seen a shop's violations."""
    rows = ViolationSeen.objects.filter(user_id=actor.user_id or 0, shop_id=shop_id)
    return rows.values_list("seen_at", flat=True).first()


def shop_history(shop_ids: Sequence[int], *, actor: Actor) -> dict[str, int]:
    """Return how a shop's violations and appeals stand, for whoever reviews one of them."""
    if actor.kind is not ActorKind.OPERATOR:
        return {}
    rows = Violation.objects.filter(shop_id__in=shop_ids).order_by()
    told = {f"violations.{each['state']}": each["n"] for each in rows.values("state").annotate(n=Count("id"))}
    appealed = Appeal.objects.filter(shop_id__in=shop_ids).order_by().values("state").annotate(n=Count("id"))
    return told | {f"appeals.{each['state']}": each["n"] for each in appealed}
