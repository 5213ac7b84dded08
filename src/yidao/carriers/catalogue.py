"""The carriers we know (`data/carriers.csv`), their codes at the aggregators, and the usual forms of their numbers."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Final


class Business(StrEnum):
    """How a carrier is usually organised; the truth is per subscription, this is only the default."""

    DIRECT = "DIRECT"
    FRANCHISE = "FRANCHISE"
    LANDING = "LANDING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One carrier: our code, its Chinese name, and what Kuaidi100 and KDNiao call it (empty: unknown there)."""

    code: str
    name: str
    kuaidi100_code: str
    kdniao_code: str
    business: Business


def _read() -> tuple[Carrier, ...]:
    text = resources.files(__package__).joinpath("data/carriers.csv").read_text(encoding="utf-8")
    return tuple(
        Carrier(
            code=row["code"],
            name=row["name"],
            kuaidi100_code=row["kuaidi100_code"],
            kdniao_code=row["kdniao_code"],
            business=Business(row["kind"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


CARRIERS: Final = _read()
BY_CODE: Final[Mapping[str, Carrier]] = MappingProxyType({carrier.code: carrier for carrier in CARRIERS})
CODES: Final = frozenset(BY_CODE)

# De Bang (德邦) has one code at the shop platform and another at Kuaidi100; JD's bulk freight and the
# freight arms are told apart by both. Best (百世) went into J&T and keeps no code of its own here.
_KUAIDI100_ALIASES: Final = {"debangwuliu": "debangwuliu", "jingdongdajian": "jingdongkuaiyun"}
_KDNIAO_ALIASES: Final = {"DBLKY": "debangkuaiyun", "ZTOKY": "zhongtongkuaiyun", "JDKY": "jingdongkuaiyun"}

_FROM_KUAIDI100: Final[Mapping[str, str]] = MappingProxyType(
    {carrier.kuaidi100_code: carrier.code for carrier in CARRIERS if carrier.kuaidi100_code} | _KUAIDI100_ALIASES
)
_FROM_KDNIAO: Final[Mapping[str, str]] = MappingProxyType(
    {carrier.kdniao_code: carrier.code for carrier in CARRIERS if carrier.kdniao_code} | _KDNIAO_ALIASES
)
_FROM_NAME: Final[Mapping[str, str]] = MappingProxyType(
    {carrier.name: carrier.code for carrier in CARRIERS}
    | {carrier.name[:2]: carrier.code for carrier in CARRIERS if carrier.name.endswith(("快递", "速递", "速运"))}
)


def from_kuaidi100(code: str) -> str | None:
    """Return our code of a carrier that Kuaidi100 names, whatever the case; None when we do not know it."""
    return _FROM_KUAIDI100.get(code.strip().lower())


def from_kdniao(code: str) -> str | None:
    """Return our code of a carrier that KDNiao names, whatever the case; None when we do not know it."""
    return _FROM_KDNIAO.get(code.strip().upper())


def from_written(text: str) -> str | None:
    """Return our code for what a person wrote: our code, an aggregator's, the name, or its short form."""
    text = text.strip()
    if text.lower() in CODES:
        return text.lower()
    return _FROM_NAME.get(text) or from_kuaidi100(text) or from_kdniao(text)


# Number ranges move without notice, so an unusual number is only remarked on, never refused.
_NUMBER_FORMS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "shunfeng": re.compile(r"SF[0-9A-Z]\d{12}|\d{12}"),
        "jd": re.compile(r"JD[A-Z0-9]{2}\d{11}(-\d+-\d+-?)?|JDV[A-Z]\d{11}(-\d+-\d+-?)?"),
        "ems": re.compile(r"(1[012]|5[012]|9[5789])\d{11}|[A-Z]{2}\d{9}[A-Z]{2}"),
        "youzhengguonei": re.compile(r"\d{13}|P[A-Z]\d{11}"),
        "debangwuliu": re.compile(r"DPK\d{12}|\d{8,10}"),
        "zhongtong": re.compile(r"7[3-68]\d{12}|\d{12}"),
        "yuantong": re.compile(r"YT\d{13}|[0-9A-Z]{10,18}"),
        "shentong": re.compile(r"(77|43)\d{12,15}|\d{12,13}"),
        "yunda": re.compile(r"[34]\d{14}|5\d{12}|\d{13}|\d{15}"),
        "jtexpress": re.compile(r"JT\d{12,13}"),
        "danniao": re.compile(r"621\d{12}"),
    }
)


def looks_usual(carrier: str, waybill_no: str) -> bool:
    """Return whether a number has a form this carrier is known to use; carriers without known forms always do."""
    form = _NUMBER_FORMS.get(carrier)
    return form is None or form.fullmatch(waybill_no.upper()) is not None
