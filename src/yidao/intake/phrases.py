"""What the intake says to machines, in both languages: one status and one sentence for each permanent code."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Language(StrEnum):
    """Languages of the answers; English unless asked otherwise."""

    ENGLISH = "en"
    CHINESE = "zh"


class Phrase(NamedTuple):
    """A status of HTTP and the sentence in both languages, with named placeholders."""

    status: int
    english: str
    chinese: str

    def in_language(self, language: Language) -> str:
        """Return the sentence."""
        return self.chinese if language is Language.CHINESE else self.english


PHRASES: Final[Mapping[str, Phrase]] = MappingProxyType(
    {
        "body.malformed_json": Phrase(400, "The body is not well-formed JSON.", "请求体不是合法的 JSON。"),
        "body.not_utf8": Phrase(400, "The body is not UTF-8.", "请求体不是 UTF-8 编码。"),
        "body.shape": Phrase(422, "The body does not have the expected shape.", "请求体的结构不符合要求。"),
        "body.incomplete": Phrase(400, "The body ended before its announced length.", "请求体未传完。"),
        "body.too_large": Phrase(413, "The body is larger than {limit} bytes.", "请求体超过 {limit} 字节。"),
        "body.slow": Phrase(408, "The body did not arrive in {seconds} seconds.", "请求体未能在 {seconds} 秒内传完。"),
        "body.form": Phrase(400, "The form lacks the field {field}.", "表单缺少字段 {field}。"),
        "body.media_type": Phrase(415, "Send the body as {expected}.", "请以 {expected} 发送请求体。"),
        "body.charset": Phrase(415, "Only UTF-8 is understood.", "仅支持 UTF-8 编码。"),
        "body.encoding": Phrase(415, "Compressed bodies are not understood.", "不支持压缩的请求体。"),
        "path.unknown": Phrase(404, "There is nothing at this address.", "此地址不存在。"),
        "method.not_allowed": Phrase(405, "Only {allowed} is possible here.", "此处仅支持 {allowed}。"),
        "auth.missing": Phrase(401, "A bearer token is needed.", "缺少 Bearer 令牌。"),
        "auth.invalid": Phrase(401, "The token is not valid.", "令牌无效。"),
        "auth.scope": Phrase(403, "The credential lacks the scope {scope}.", "该凭证缺少权限 {scope}。"),
        "auth.kind": Phrase(403, "This kind of organisation cannot send this.", "此类机构不能提交该内容。"),
        "auth.guessing": Phrase(
            429, "Too many wrong tokens from this address.", "该地址提交的错误令牌过多，请稍后再试。"
        ),
        "push.signature": Phrase(401, "The signature is wrong.", "签名错误。"),
        "push.secret_missing": Phrase(403, "No signing key is set for this address.", "该推送地址尚未设置签名密钥。"),
        "push.type": Phrase(422, "RequestType {type} is not understood.", "不支持的 RequestType：{type}。"),
        "push.not_utf8": Phrase(400, "The pushed value is not UTF-8.", "推送内容不是 UTF-8 编码。"),
        "push.malformed_json": Phrase(400, "The pushed value is not well-formed JSON.", "推送内容不是合法的 JSON。"),
        "push.shape": Phrase(422, "The pushed value does not have the shape of a push.", "推送内容的结构不符合要求。"),
        "push.time": Phrase(
            422, "A line has no time between 2000 and 2099.", "轨迹时间缺失或不在 2000 至 2099 年之间。"
        ),
        "push.too_many_lines": Phrase(422, "The list is too long.", "轨迹条数过多。"),
        "push.too_many_lists": Phrase(422, "The push has too many lists.", "推送的单号过多。"),
        "intake.queue_full": Phrase(
            429, "Too much is waiting; send this again later.", "等待处理的数据过多，请稍后重发。"
        ),
        "intake.draining": Phrase(503, "The server is stopping; send this again.", "服务正在停止，请稍后重发。"),
        "intake.store_unavailable": Phrase(503, "This could not be stored; send this again.", "未能保存，请稍后重发。"),
        "tracking.malformed": Phrase(422, "The event is malformed.", "轨迹格式有误。"),
        "tracking.code_unknown": Phrase(422, "The code is none of ours.", "未知的轨迹代码。"),
        "tracking.time_out_of_range": Phrase(
            422, "The time lies too far from the parcel's life.", "时间超出该包裹的合理范围。"
        ),
        "tracking.parcel_not_yours": Phrase(
            403, "A shop reports events of its own parcels only.", "商家只能上报自己包裹的轨迹。"
        ),
        "carrier.unknown": Phrase(422, "The carrier code is not in our catalogue.", "未知的快递公司代码。"),
        "carrier.not_yours": Phrase(403, "A carrier reports its own parcels only.", "快递公司只能上报自己的运单。"),
        "waybill_no.malformed": Phrase(
            422,
            "A waybill number has 1 to 40 letters, digits, hyphens or underscores.",
            "运单号须为 1 至 40 位字母、数字、连字符或下划线。",
        ),
        "parcel.malformed": Phrase(422, "The parcel is malformed.", "包裹格式有误。"),
        "parcel.number_in_use": Phrase(409, "The waybill number is in use.", "该运单号正在使用中。"),
        "parcel.shop_unknown": Phrase(422, "There is no such shop.", "店铺不存在。"),
        "parcel.creator_unknown": Phrase(422, "There is no such creator.", "达人不存在。"),
        "parcel.not_found": Phrase(422, "There is no such parcel of yours.", "没有找到您的该包裹。"),
        "order.malformed": Phrase(422, "The order is malformed.", "订单格式有误。"),
        "order.shop_unknown": Phrase(422, "There is no such shop.", "店铺不存在。"),
        "order.creator_unknown": Phrase(422, "There is no such creator.", "达人不存在。"),
        "order.product_banned": Phrase(
            409, "A product of the order is banned in this shop.", "订单中有商品已被封禁，无法接收新订单。"
        ),
        "order.shop_closed": Phrase(409, "The shop is closed and takes no new orders.", "店铺已停业，无法接收新订单。"),
        "order.ships_by_packs": Phrase(
            200,
            "Taken down; but parcels ship an order, words do not: it still waits.",
            "已记录；但订单须提交运单才算发货，目前仍为待发货。",
        ),
        "order.closed_by_platform": Phrase(
            200,
            "Taken down; but a paid order is closed by refunds or by the platform, not by its shop's word.",
            "已记录；但已支付订单须经退款或由平台关闭，店铺不能自行关闭。",
        ),
        "order.payment_stands": Phrase(
            200,
            "Taken down; but payment, order time, lines and money of a paid order stand as first known.",
            "已记录；但已支付订单的支付、下单时间、商品与金额以首次记录为准。",
        ),
        "order.unpaid": Phrase(
            200,
            "The parcel is watched; but its order is not paid and was not shipped.",
            "运单已监控；但订单未支付，未发货。",
        ),
        "order.refund_open": Phrase(
            200,
            "The parcel is watched; but a refund of its order is open, and it was not shipped.",
            "运单已监控；但订单有未结束的售后，未发货。",
        ),
        "order.closed": Phrase(
            200,
            "The parcel is watched; but its order is closed and was not shipped.",
            "运单已监控；但订单已关闭，未发货。",
        ),
        "intake.data_refused": Phrase(422, "The database refused this item.", "数据未能写入。"),
        "item.refused": Phrase(422, "The item was refused.", "该条数据被拒绝。"),
    }
)

FAULTS: Final[Mapping[str, Phrase]] = MappingProxyType(
    {
        "field.missing": Phrase(422, "is missing", "缺失"),
        "field.unknown": Phrase(422, "is not a field of ours", "不是可用的字段"),
        "field.type": Phrase(422, "is of the wrong type", "类型有误"),
        "field.length": Phrase(422, "is too short or too long", "长度不符合要求"),
        "field.range": Phrase(422, "is out of range", "超出范围"),
        "field.time": Phrase(
            422, "is not a time with an offset between 2000 and 2099", "不是 2000 至 2099 年间带时区的时间"
        ),
        "field.form": Phrase(422, "has characters that are not allowed", "含有不允许的字符"),
        "field.nul": Phrase(422, "contains the character NUL", "含有 NUL 字符"),
        "field.encoding": Phrase(422, "is not text that can be stored", "不是可以保存的文本"),
        "field.unknown_value": Phrase(422, "is none of the known values", "不是已知的取值"),
    }
)

UNKNOWN: Final = PHRASES["item.refused"]


def language_of(accept_language: str) -> Language:
    """Return the language an Accept-Language header prefers among ours."""
    best, chosen = 0.0, Language.ENGLISH
    for part in accept_language[:200].split(","):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        name = tag.strip().lower()
        if weight > best and name[:2] in ("zh", "en"):
            best, chosen = weight, Language.CHINESE if name[:2] == "zh" else Language.ENGLISH
    return chosen
