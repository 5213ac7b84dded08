"""The machine port's part of the OpenAPI document, made from the structures that decode its bodies."""

from typing import Any, Final

import msgspec

from yidao.carriers.native import wire
from yidao.intake.phrases import PHRASES

_REFERENCE: Final = "#/components/schemas/{name}"
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
_WHOLE: Final = {
    "400": "The body is not what it claims to be.",
    "401": "No valid bearer token.",
    "403": "The credential may not do this.",
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "415": "Another media type or charset than asked for.",
    "422": "The body has not the asked shape.",
    "429": "Too much is waiting; see Retry-After.",
    "503": "Stopping, or the database is away; see Retry-After.",
}
EVENT_EXAMPLE: Final = {
    "events": [
        {
            "waybill_no": "YT0000000000001",
            "carrier": "yuantong",
            "occurred_at": "2022-06-20T08:30:00+08:00",
            "code": "PICKED_UP",
            "place": {"division": "330106", "name": "杭州市西湖区"},
            "description": "快件已揽收",
            "event_id": "e-1",
        }
    ]
}
PARCEL_EXAMPLE: Final = {
    "parcels": [
        {
            "shop_id": "123456789012345678",
            "carrier": "yuantong",
            "waybill_no": "YT0000000000001",
            "shipped_at": "2022-06-20T07:00:00+08:00",
            "paid_at": "2022-06-19T21:00:00+08:00",
            "sender_division": "330106",
            "receiver_division": "510104",
            "receiver_phone_tail": "5678",
            "lines": [
                {
                    "order_no": "O-1",
                    "creator_id": "123456789012345679",
                    "room_id": "7064000000000000001",
                    "product_id": "P-1",
                    "product_name": "真丝睡衣",
                }
            ],
        }
    ]
}
ORDER_EXAMPLE: Final = {
    "orders": [
        {
            "shop_id": "123456789012345678",
            "order_no": "O-1",
            "state": "TO_SHIP",
            "ordered_at": "2022-06-19T20:58:00+08:00",
            "paid_at": "2022-06-19T21:00:00+08:00",
            "changed_at": "2022-06-19T21:00:05+08:00",
            "freight_fen": 800,
            "receiver": {"name": "张三丰", "phone": "13812345678", "division": "510104", "address": "锦官驿街 1 号"},
            "lines": [
                {
                    "creator_id": "123456789012345679",
                    "room_id": "7064000000000000001",
                    "product_id": "P-1",
                    "product_name": "真丝睡衣",
                    "sku_id": "S-1",
                    "sku_name": "藕粉 M",
                    "merchant_code": "MC-1",
                    "quantity": 1,
                    "price_fen": 19900,
                    "paid_fen": 17900,
                    "promise": {"kind": "PRESALE_FULL", "days": 5},
                }
            ],
        }
    ]
}
_ITEM: Final = {
    "title": "Item",
    "description": "What became of one item.",
    "type": "object",
    "required": ["index", "result"],
    "properties": {
        "index": {"type": "integer"},
        "result": {"type": "string", "enum": ["ACCEPTED", "DUPLICATE", "REJECTED"]},
        "id": {"type": "string", "description": "carrier/waybill_no/life of the parcel, or our id of the order."},
        "state": {"type": "string", "description": "WAITING while a person decides about a shop's claim."},
        "code": {"type": "string", "description": "A remark on an accepted item."},
        "context": {
            "type": "object",
            "description": "Facts of the remark: orders_left names the orders a parcel did not ship, and why.",
        },
        "problem": {"$ref": "#/components/schemas/ProblemOut"},
    },
}
_ITEMS: Final = {
    "title": "Items",
    "description": "One entry for each item, in the order they were sent.",
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
}
_CREDENTIAL: Final = {
    "name": "credential_id",
    "in": "path",
    "required": True,
    "description": "Id of the credential whose key signs the push.",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
}


def paths() -> dict[str, Any]:
    """Return the addresses of the machine port."""
    return {
        "/v1/tracking-events": _post(
            "postTrackingEvents",
            "Report up to 500 tracking events",
            "Each event is answered on its own, after it is durable. Sending the same again is harmless.",
            "Events",
            EVENT_EXAMPLE,
        ),
        "/v1/parcels": _post(
            "postParcels",
            "Report up to 500 parcels that were handed over",
            "A shop reports its own parcels; a number that came before its shop waits for a decision when in doubt. "
            "Orders of the shop that the lines name, by their number or that of a line, are shipped by it.",
            "Parcels",
            PARCEL_EXAMPLE,
        ),
        "/v1/orders": _post(
            "postOrders",
            "Report up to 500 orders and what became of them",
            "A shop reports its own orders. Of what is told about one the word with the latest changed_at stands, so "
            "sending the same again, or in another order, is harmless.",
            "Orders",
            ORDER_EXAMPLE,
        ),
        "/push/kuaidi100/{credential_id}": _push(
            "pushKuaidi100",
            "Push of Kuaidi100",
            {"param": "JSON of the push.", "sign": "MD5 in hex of param followed by the key."},
            {"result": {"type": "boolean"}, "returnCode": {"type": "string"}, "message": {"type": "string"}},
        ),
        "/push/kdniao/{credential_id}": _push(
            "pushKdniao",
            "Push of KDNiao",
            {
                "RequestData": "JSON of the push.",
                "EBusinessID": "The account there.",
                "RequestType": "101 or 102 for traces; 107 is acknowledged and ignored.",
                "DataSign": "Base64 of the hex MD5 of RequestData followed by the key.",
                "DataType": "2, JSON.",
            },
            {
                "EBusinessID": {"type": "string"},
                "UpdateTime": {"type": "string"},
                "Success": {"type": "boolean"},
                "Reason": {"type": "string"},
            },
            needed=("RequestData", "DataSign"),
        ),
    }


def _post(operation_id: str, summary: str, text: str, name: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "post": {
            "operationId": operation_id,
            "summary": summary,
            "description": text,
            "tags": ["Intake"],
            "x-port": "intake",
            "security": [{"Bearer": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": example}
                },
            },
            "responses": {
                "200": {
                    "description": "What became of each item.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Items"}}},
                },
                **{status: {"description": words, "content": _PROBLEM} for status, words in _WHOLE.items()},
            },
        }
    }


def _push(
    operation_id: str,
    summary: str,
    fields: dict[str, str],
    answer: dict[str, Any],
    *,
    needed: tuple[str, ...] = ("param", "sign"),
) -> dict[str, Any]:
    answered = {"application/json": {"schema": {"type": "object", "required": list(answer), "properties": answer}}}
    form = {
        "type": "object",
        "required": list(needed),
        "properties": {name: {"type": "string", "description": text} for name, text in fields.items()},
    }
    return {
        "post": {
            "operationId": operation_id,
            "summary": summary,
            "description": "The signature holds over the raw value; every answer has the shape its sender knows.",
            "tags": ["Pushes"],
            "x-port": "intake",
            "parameters": [_CREDENTIAL],
            "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
            "responses": {
                "200": {"description": "Taken.", "content": answered},
                "404": {"description": "No such push address.", "content": answered},
                **{status: {"description": words, "content": answered} for status, words in _WHOLE.items()},
            },
        }
    }


def schemas() -> dict[str, Any]:
    """Return the schemas the machine port's addresses refer to."""
    _, components = msgspec.json.schema_components([wire.Events, wire.Parcels, wire.Orders], ref_template=_REFERENCE)
    return {**components, "Item": _ITEM, "Items": _ITEMS}


def problem_codes() -> dict[str, str]:
    """Return every code a problem of the machine port may have, with its meaning."""
    return {code: phrase.english for code, phrase in sorted(PHRASES.items())}
