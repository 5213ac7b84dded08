"""
After-sales (售后): buyers open them through the marketplace, shops answer, time answers for who does not. Each step is
a row that stays; each change works out the order anew, in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import db, ids, news, sweeps
from yidao.kit.errors import FieldFault, NotVisible
from yidao.notices import services as notices
from yidao.orders import after_sale_words as words
from yidao.orders import cards, raw, refunds, sight, standing
from yidao.orders.models import AfterSale, AfterSaleLine, AfterSaleStep, Order, OrderLine, OrderRefund
from yidao.policies import books, families
from yidao.rules import after_sale as rule
from yidao.rules import closing, order_life
from yidao.rules.instants import NEVER, Instant, instant, to_datetime

BATCH_SIZE: Final = 200
NAME: Final = "after-sales"
PAID_STATES: Final = ("PAID", "TO_SHIP", "PARTIALLY_SHIPPED", "SHIPPED", "COMPLETED")
LEFT_STATES: Final = ("SHIPPED", "COMPLETED")
MONEY: Final = (rule.Kind.REFUND, rule.Kind.RETURN_REFUND)
DONE: Final = rule.State.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """How much of a line is asked back; no amount means its share of what was paid."""

    line_no: int
    quantity: int
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a buyer wants; no lines means everything that is left. `number` is the marketplace's own (售后单号)."""

    kind: rule.Kind
    reason: str
    lines: tuple[WantedLine, ...] = ()
    freight_fen: int = 0
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One act about a record, as pages and machines tell it."""

    act: rule.Act
    text: str = ""
    return_carrier: str = ""
    return_waybill_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A record as it stands after an act."""

    id: int
    state: str
    amount_fen: int
    due_at: datetime | None
    is_new: bool = True


def open_(
    *,
    actor: Actor,
    order: sight.Address,
    wish: Wish,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> Standing:
    """
    Open a record: the order is neither shipped nor judged while it is open. The same number again opens nothing.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises OrderState, NotShipped, LinesRefused, AmountRefused, ReasonUnknown: what is asked cannot be asked.
    """
    with db.transaction(actor, request_key=request_key) as work:
        sight.require_buyers_word(actor)
        if work.earlier is not None:
            return earlier(work.earlier)
        head = sight.locked_by_number(actor, order)
        known = AfterSale.objects.filter(shop_id=head.shop_id, external_no=wish.number).exclude(external_no="").first()
        if known is not None:
            stands = _standing(known, is_new=False)
        else:
            stands = _standing(_open(head, wish, actor=actor, now=now))
            _journal("after_sale.opened", head, stands, actor=actor, now=now, real_now=real_now)
        work.answer(kept(stands))
    return stands


def _open(head: Order, wish: Wish, *, actor: Actor, now: datetime) -> AfterSale:
    if wish.reason not in words.TOLD_REASONS:
        raise words.ReasonUnknown(faults=(FieldFault(pointer="/reason", code="field.unknown"),))
    if head.state not in PAID_STATES:
        raise words.OrderState
    lines = list(OrderLine.objects.filter(order_id=head.id).order_by("line_no"))
    taken = taken_of(head.id)
    wanted = _checked(head, wish, lines, taken)
    amount = sum(amount for _, _, amount in wanted) + wish.freight_fen if wish.kind in MONEY else 0
    most = max(0, head.paid_fen - taken.fen)
    if amount > most or wish.freight_fen < 0:
        raise words.AmountRefused(most=most, faults=(FieldFault(pointer="/lines", code="field.range"),))
    policy = cards.policy_of(head, books.shelf(raw.plain()))
    due = rule.due_at(wish.kind, rule.State.AWAIT_SHOP, instant(now), policy)
    record = AfterSale.objects.create(
        id=ids.new_id(),
        shop_id=head.shop_id,
        order_id=head.id,
        order_no=head.order_no,
        external_no=wish.number,
        kind=wish.kind,
        state=rule.State.AWAIT_SHOP,
        reason=wish.reason,
        amount_fen=amount,
        opened_at=now,
        changed_at=now,
        due_at=to_datetime(due) if due else None,
        bucket=head.bucket,
        policy=policy.version,
    )
    AfterSaleLine.objects.bulk_create(
        AfterSaleLine(after_sale_id=record.id, line_no=line_no, quantity=quantity, amount_fen=fen)
        for line_no, quantity, fen in wanted
    )
    _step(record, "OPENED", at=now, actor=actor)
    standing.refresh(raw.plain(), [head.id], now=now)
    notices.tell_round(
        organisation_id=head.shop_id,
        kind=words.OPENED.name,
        key=f"after-sales/opened/{now:%Y%m%d%H}",
        counts={"count": 1},
        params={},
        address="after-sales/",
        now=now,
    )
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the records of an order ask back or gave back already: pieces by line, and fen."""

    pieces: Mapping[int, int]
    fen: int


def taken_of(order_id: int) -> Taken:
    """Return what is asked back or was given back of an order; exchanges count only while they are open."""
    records = AfterSale.objects.filter(order_id=order_id).exclude(state__in=("REFUSED", "WITHDRAWN"))
    counted = [each for each in records if not (each.kind == rule.Kind.EXCHANGE and each.state == DONE)]
    pieces: dict[int, int] = {}
    for row in AfterSaleLine.objects.filter(after_sale_id__in=[each.id for each in counted]):
        pieces[row.line_no] = pieces.get(row.line_no, 0) + row.quantity
    return Taken(pieces=pieces, fen=sum(each.amount_fen for each in counted))


def line_facts(head: Order, lines: Sequence[OrderLine], taken: Taken) -> tuple[closing.LineFacts, ...]:
    """Return what the rules need to know of lines; where only the order's sum was told, lines have a share each."""
    paid = [each.paid_fen for each in lines]
    if lines and not any(paid) and head.paid_fen > head.freight_fen:
        weights = [each.price_fen * each.quantity for each in lines]
        paid = list(closing.apportioned(head.paid_fen - head.freight_fen, weights))
    return tuple(
        closing.LineFacts(
            line_no=each.line_no,
            quantity=each.quantity,
            shipped=each.shipped_quantity,
            refunded=min(each.quantity, taken.pieces.get(each.line_no, 0)),
            paid_fen=fen,
        )
        for each, fen in zip(lines, paid, strict=True)
    )


def _checked(head: Order, wish: Wish, lines: Sequence[OrderLine], taken: Taken) -> list[tuple[int, int, int]]:
    """
    Return line number, quantity and amount of what is asked back.

    :raises LinesRefused: a line twice, unknown, or too much of it; or nothing is left.
    :raises NotShipped: goods are to come back that never left.
    """
    facts = {each.line_no: each for each in line_facts(head, lines, taken)}
    left = [
        WantedLine(line_no=no, quantity=each.quantity - each.refunded)
        for no, each in facts.items()
        if each.quantity > each.refunded
    ]
    asked = wish.lines or tuple(left)
    numbers = [each.line_no for each in asked]
    if not asked or len(set(numbers)) != len(numbers):
        raise words.LinesRefused(faults=(FieldFault(pointer="/lines", code="field.value"),))
    found: list[tuple[int, int, int]] = []
    for place, each in enumerate(asked):
        line = facts.get(each.line_no)
        if line is None or not 0 < each.quantity <= line.quantity - line.refunded or (each.amount_fen or 0) < 0:
            raise words.LinesRefused(faults=(FieldFault(pointer=f"/lines/{place}", code="field.range"),))
        if wish.kind is not rule.Kind.REFUND and not line.shipped and head.state not in LEFT_STATES:
            raise words.NotShipped(faults=(FieldFault(pointer=f"/lines/{place}", code="field.value"),))
        share = closing.share_fen(line, each.quantity)
        amount = (share if each.amount_fen is None else each.amount_fen) if wish.kind in MONEY else 0
        found.append((each.line_no, each.quantity, amount))
    return found


def act(
    *,
    actor: Actor,
    after_sale_id: int,
    told: Told,
    now: datetime,
    real_now: datetime,
    order_no: str | None = None,
    request_key: db.RequestKey | None = None,
) -> Standing:
    """
    Take one step of a record: a shop's person or machine answers, the marketplace tells what the buyer or it did. Who
    names the order too finds only its own records.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: no such record of the actor's.
    :raises ActRefused: its state does not allow it, or its time is over already.
    :raises TextRefused: a refusal without a reason, or too long a text.
    """
    party = _party(actor)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return earlier(work.earlier)
        head, record = _locked(actor, after_sale_id)
        if order_no not in (None, record.order_no):
            raise NotVisible
        policy = _policies().by_name(record.policy)
        if _run(record, policy, now=now):
            # What time decided first is written by the sweep; this transaction only refuses.
            raise words.ActRefused
        then = rule.after(rule.Kind(record.kind), rule.State(record.state), told.act, party)
        text = told.text.replace("\0", "").strip()
        if then is None:
            raise words.ActRefused
        if len(text) > words.TEXT_LENGTH_MAX or (told.act is rule.Act.REFUSE and not text):
            fault = FieldFault(pointer="text", code="field.length")
            raise words.TextRefused(most=words.TEXT_LENGTH_MAX, faults=(fault,))
        if told.act is rule.Act.PAID:
            refunds.paid_elsewhere(record, actor=actor, now=now)
        record.return_carrier = told.return_carrier or record.return_carrier
        record.return_waybill_no = told.return_waybill_no or record.return_waybill_no
        _move(record, told.act, then, policy, at=now, actor=actor, text=text)
        _settle([record], now=now)
        stands = _standing(record)
        _journal("after_sale.answered", head, stands, actor=actor, now=now, real_now=real_now, step=told.act.value)
        work.answer(kept(stands))
    return stands


def _party(actor: Actor) -> rule.Party:
    if actor.kind is ActorKind.OPERATOR and actor.credential_id is not None:
        return rule.Party.PLATFORM
    if actor.credential_id is None or actor.kind is not ActorKind.MERCHANT:
        sight.require(actor, Permission.AFTER_SALES_ANSWER)
    return rule.Party.SHOP


def _locked(actor: Actor, after_sale_id: int) -> tuple[Order, AfterSale]:
    """Lock the order first, then the record, as everybody does."""
    visible = AfterSale.objects.filter(id=after_sale_id)
    if actor.kind is ActorKind.MERCHANT:
        visible = visible.filter(shop_id__in=actor.organisation_ids)
    elif actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    order_id = visible.values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotVisible
    head = Order.objects.select_for_update().get(id=order_id)
    return head, AfterSale.objects.select_for_update().get(id=after_sale_id)


def _policies() -> Any:
    return books.shelf(raw.plain()).of(families.ORDER_LIFE)


def _course(record: AfterSale, policy: order_life.Policy, *, now: datetime) -> rule.Course:
    kind, state = rule.Kind(record.kind), rule.State(record.state)
    due = rule.due_at(kind, state, instant(record.changed_at), policy) or NEVER
    return rule.run(kind, state, due, policy, instant(now))


def _run(record: AfterSale, policy: order_life.Policy, *, now: datetime) -> bool:
    return bool(_course(record, policy, now=now).steps)


def _move(
    record: AfterSale,
    act_: rule.Act,
    state: rule.State,
    policy: order_life.Policy,
    *,
    at: datetime,
    actor: Actor,
    text: str = "",
) -> None:
    """Write one step; money that is to go back without a sum is back already."""
    record.state, record.changed_at = state, at
    due: Instant | None = rule.due_at(rule.Kind(record.kind), state, instant(at), policy)
    record.due_at = to_datetime(due) if due else None
    _step(record, act_, at=at, actor=actor, text=text)
    if state is rule.State.REFUNDING:
        if record.amount_fen:
            refunds.want(record, OrderRefund.Cause.AFTER_SALE, policy, now=at)
        else:
            record.state = DONE
            _step(record, rule.Act.PAID, at=at, actor=SYSTEM)
    if record.state not in rule.OPEN:
        record.ended_at = at
    record.version += 1
    record.save()


def _step(record: AfterSale, cause: str, *, at: datetime, actor: Actor, text: str = "") -> None:
    AfterSaleStep.objects.create(
        id=ids.new_id(),
        after_sale_id=record.id,
        state=record.state,
        cause=cause,
        text=text,
        at=at,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
    )


def paid(after_sale_id: int, *, now: datetime, actor: Actor = SYSTEM) -> None:
    """End a record whose money is back, inside the transaction that writes it down; the order is locked already."""
    record = AfterSale.objects.select_for_update().get(id=after_sale_id)
    if record.state == rule.State.REFUNDING:
        _move(record, rule.Act.PAID, DONE, _policies().by_name(record.policy), at=now, actor=actor)
    _settle([record], now=now)


def _settle(records: Sequence[AfterSale], *, now: datetime) -> None:
    """Work out the orders of changed records; one that came back whole closes."""
    order_ids = sorted({each.order_id for each in records})
    standing.refresh(raw.plain(), order_ids, now=now)
    closed = [order_id for order_id in order_ids if _is_returned(order_id)]
    if closed:
        heads = Order.objects.filter(id__in=closed, closed_at=None, state__in=LEFT_STATES)
        if heads.update(closed_at=now, closed_cause="RETURNED"):
            standing.refresh(raw.plain(), closed, now=now)
    news.tell(sorted({each.shop_id for each in records}))


def _is_returned(order_id: int) -> bool:
    """Return whether the money of every piece of an order went back."""
    done = AfterSale.objects.filter(order_id=order_id, state=DONE, kind__in=MONEY).values_list("id", flat=True)
    pieces: dict[int, int] = {}
    for row in AfterSaleLine.objects.filter(after_sale_id__in=list(done)):
        pieces[row.line_no] = pieces.get(row.line_no, 0) + row.quantity
    lines = list(OrderLine.objects.filter(order_id=order_id).values_list("line_no", "quantity"))
    return bool(lines) and all(pieces.get(line_no, 0) >= quantity for line_no, quantity in lines)


# --- What time alone decides ---


def sweep(bucket: int, now: datetime) -> int:
    """
    Take the steps that time takes, each at the time it should have been; return how many records moved.

    A record that cannot be settled is put off an hour and kept with its fault; its neighbours go on.
    """
    with db.transaction(SYSTEM):
        due = AfterSale.objects.filter(bucket=bucket, due_at__lte=now).order_by("due_at", "id")
        keys = list(due.values_list("id", "order_id")[:BATCH_SIZE])
        if not keys:
            return 0
        orders = sorted({order_id for _, order_id in keys})
        list(Order.objects.select_for_update().filter(id__in=orders).order_by("id").values_list("id", flat=True))
        locked = AfterSale.objects.select_for_update().filter(id__in=[each for each, _ in keys], due_at__lte=now)
        book = _policies()
        moved: list[AfterSale] = []
        faulty: list[AfterSale] = []
        for record in locked.order_by("id"):
            try:
                policy = book.by_name(record.policy)
                course = _course(record, policy, now=now)
            except Exception as fault:
                sweeps.keep_fault(NAME, record.id, fault, now=now)
                faulty.append(record)
                continue
            for step in course.steps:
                _move(record, step.act, step.state, policy, at=to_datetime(step.at), actor=SYSTEM)
            if not course.steps:
                record.due_at = to_datetime(course.due_at) if course.due_at else None
                record.save(update_fields=["due_at"])
            moved.append(record)
        AfterSale.objects.filter(id__in=[each.id for each in faulty]).update(due_at=now + timedelta(hours=1))
        if moved:
            sweeps.forget_faults(NAME, [each.id for each in moved])
            _settle(moved, now=now)
            _tell_moved(moved, now=now)
    return len(moved) + len(faulty)


CONCERN: Final = sweeps.Concern(name=NAME, step=sweep)


def _tell_moved(moved: Sequence[AfterSale], *, now: datetime) -> None:
    for shop_id in sorted({each.shop_id for each in moved}):
        notices.tell_round(
            organisation_id=shop_id,
            kind=words.AGREED_BY_TIME.name,
            key=f"after-sales/ran-out/{now:%Y%m%d%H}",
            counts={"count": sum(each.shop_id == shop_id for each in moved)},
            params={},
            address="after-sales/",
            now=now,
        )


def close(head: Order, *, at: datetime, now: datetime) -> AfterSale | None:
    """
    End what is open of a locked order at `at`, with its money on the way back, inside the caller's transaction; None
    when nothing is open. The caller works out the order.
    """
    lines = list(OrderLine.objects.filter(order_id=head.id).order_by("line_no"))
    taken = taken_of(head.id)
    facts = line_facts(head, lines, taken)
    found = closing.closing(facts, paid_fen=head.paid_fen, given_back_fen=taken.fen)
    if found is None:
        return None
    policy = cards.policy_of(head, books.shelf(raw.plain()))
    record = AfterSale.objects.create(
        id=ids.new_id(),
        shop_id=head.shop_id,
        order_id=head.id,
        order_no=head.order_no,
        kind=rule.Kind.REFUND,
        state=DONE,
        reason="CLOSED_BY_TIME",
        amount_fen=found.amount_fen,
        opened_at=at,
        changed_at=at,
        ended_at=at,
        bucket=head.bucket,
        policy=policy.version,
    )
    shares = {each.line_no: closing.share_fen(each, each.open) for each in facts if each.open}
    AfterSaleLine.objects.bulk_create(
        AfterSaleLine(after_sale_id=record.id, line_no=line_no, quantity=quantity, amount_fen=shares[line_no])
        for line_no, quantity in found.quantities
    )
    _step(record, "CLOSED", at=at, actor=SYSTEM)
    if found.amount_fen:
        refunds.want(record, OrderRefund.Cause.CLOSING, policy, now=now)
    if found.is_whole:
        Order.objects.filter(id=head.id).update(closed_at=at, closed_cause="DAYS")
    return record


# --- Answers that are kept ---


def _standing(record: AfterSale, *, is_new: bool = True) -> Standing:
    return Standing(
        id=record.id, state=str(record.state), amount_fen=record.amount_fen, due_at=record.due_at, is_new=is_new
    )


def kept(stands: Standing) -> dict[str, Any]:
    """Return an answer as it is kept with its request."""
    due = stands.due_at
    return {
        "id": stands.id,
        "state": stands.state,
        "amount_fen": stands.amount_fen,
        "due_at": due.isoformat() if due else None,
        "is_new": stands.is_new,
    }


def earlier(answer: Mapping[str, Any]) -> Standing:
    """Return the answer that was kept."""
    due = answer["due_at"]
    return Standing(**{**answer, "due_at": datetime.fromisoformat(due) if due else None})


def _journal(
    act: str, head: Order, stands: Standing, *, actor: Actor, now: datetime, real_now: datetime, **details: str
) -> None:
    audit.record(
        act=act,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=head.shop_id,
        subject=f"after_sale/{stands.id}",
        details={"order": str(head.id), "state": stands.state, "amount_fen": stands.amount_fen, **details},
        at_real=real_now,
        at_business=now,
    )
