"""Orders on their way through the writer: whose they are is checked here, the room of the orders keeps them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec
import psycopg

from yidao.flows import place_order
from yidao.intake.payloads import Item, ItemResult, OrderIn, Result, SourceFacts

PLATFORM: Final = "PLATFORM"


class Task(Protocol):
    """One item of a batch with its sender and its answer."""

    sender: SourceFacts
    item: Item
    result: ItemResult | None


def take(
    connection: psycopg.Connection[Any], tasks: Iterable[Task], *, organisations: Mapping[int, str], now: datetime
) -> None:
    """Write the orders among the tasks and answer each."""
    taken: list[tuple[Task, OrderIn]] = []
    for task in tasks:
        if isinstance(task.item, OrderIn):
            refusal = _unknown_party(task.item, task.sender, organisations)
            if refusal:
                detail = {"order_no": task.item.order_no}
                task.result = ItemResult(Result.REJECTED, code=refusal, detail=detail)
            else:
                is_shops = task.sender.kind != PLATFORM
                taken.append((task, msgspec.structs.replace(task.item, is_shops_word=is_shops)))
    if not taken:
        return
    entered = place_order.enter(connection, [order for _, order in taken], now=now)
    for (task, order), each in zip(taken, entered, strict=True):
        if isinstance(each, place_order.Refused):
            detail = {"order_no": order.order_no}
            if each.product_id:
                detail["product_id"] = each.product_id
            task.result = ItemResult(Result.REJECTED, code=each.code, detail=detail)
        else:
            result = Result.ACCEPTED if each.is_news else Result.DUPLICATE
            task.result = ItemResult(result, code=each.code, id=str(each.id))


def _unknown_party(order: OrderIn, sender: SourceFacts, organisations: Mapping[int, str]) -> str:
    if organisations.get(order.shop_id) != "SHOP" or (
        sender.kind == "SHOP" and sender.organisation_id != order.shop_id
    ):
        return "order.shop_unknown"
    for line in order.lines:
        if line.creator_id is not None and organisations.get(line.creator_id) != "CREATOR":
            return "order.creator_unknown"
    return ""
