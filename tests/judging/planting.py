"""Violations written as they stand, with what hangs on them, for tests of pages."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tests.kit.test_pictures import FRAME, SCAN, jpeg
from tests.orders import planting
from yidao.judging import appeals, cases, opening
from yidao.judging.case_models import Appeal, CaseFile, Sanction
from yidao.judging.models import ProductBan, Violation
from yidao.judging.opening import NewJudgement
from yidao.kit import ids
from yidao.kit import pictures as kit_pictures
from yidao.orders import raw
from yidao.orders.models import Order
from yidao.rules.appeals import APPEAL_DEFAULT
from yidao.rules.instants import instant

PHOTO = jpeg(FRAME, SCAN)


def judged(
    shop: int,
    *,
    at: datetime,
    count: int = 1,
    order_no: str = "",
    kind: str = "LATE_SHIPMENT",
    facts: dict[str, Any] | None = None,
    **more: Any,
) -> list[int]:
    """Plant an order that was judged `count` times, the first time at `at`, and of which its shop heard at once."""
    order_id = planting.order(shop, order_no or str(ids.new_id()), due=at)
    order = Order.objects.get(id=order_id)
    new = [
        NewJudgement(
            shop_id=shop,
            order_id=order_id,
            order_no=order.order_no,
            kind=kind,
            round=1,
            ordinal=ordinal,
            at=instant(at + timedelta(days=ordinal - 1)),
            policy="late-shipment/douyin-2022/1",
            facts=facts or {"ship_by_at": at.isoformat(), "promise_kind": "H48", "paid_fen": order.paid_fen},
        )
        for ordinal in range(1, count + 1)
    ]
    made = [each for each in opening.open(raw.plain(), new, now=at) if each is not None]
    told = {"notified_at": at, "appeal_until": at + timedelta(days=7)}
    Violation.objects.filter(id__in=made).update(**(told | more))
    return made


def appealed(violation_id: int, *, at: datetime, pictures: int = 0, text: str = "已按时发货") -> int:
    """Plant an appeal that waits for its answer."""
    violation = Violation.objects.get(id=violation_id)
    appeal_id = ids.new_id()
    Appeal.objects.create(
        id=appeal_id,
        violation_id=violation_id,
        shop_id=violation.shop_id,
        order_no=violation.order_no,
        kind=violation.kind,
        text_encrypted=cases.sealed(text, place=appeals.TEXT_PLACE, row_id=appeal_id),
        policy=APPEAL_DEFAULT.version,
        filed_at=at,
        due_at=at + timedelta(days=7),
        soon_at=at + timedelta(days=6),
        remind_at=at + timedelta(days=6),
        bucket=0,
    )
    with transaction.atomic():
        cases.keep(
            [kit_pictures.cleaned(PHOTO)] * pictures,
            APPEAL_DEFAULT,
            owner=CaseFile.Owner.APPEAL,
            owner_id=appeal_id,
            real_now=at + timedelta(days=3650),
        )
    Violation.objects.filter(id=violation_id).update(state="APPEALING")
    return appeal_id


def pictures(appeal_id: int) -> tuple[int, ...]:
    """Return the ids of an appeal's pictures."""
    return cases.pictures_of(CaseFile.Owner.APPEAL, appeal_id)


def banned(violation_id: int, *, at: datetime, product: str = "P1") -> int:
    """Plant a product that is banned because of a violation's order."""
    violation = Violation.objects.get(id=violation_id)
    ban_id = ids.new_id()
    ProductBan.objects.create(
        id=ban_id,
        shop_id=violation.shop_id,
        product_id=product,
        order_id=violation.order_id,
        order_no=violation.order_no,
        judgement_id=violation_id,
        banned_at=at,
    )
    return ban_id


def sanction(shop: int, *, at: datetime, state: str = "PROPOSED", kind: str = "CLOSURE", **more: Any) -> int:
    """Plant a sanction against a shop."""
    sanction_id = ids.new_id()
    Sanction.objects.create(
        id=sanction_id,
        shop_id=shop,
        kind=kind,
        state=state,
        policy="sanction/default/1",
        stubborn_orders=12,
        proposed_at=at,
        **more,
    )
    return sanction_id
