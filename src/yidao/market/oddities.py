"""What arrives at every intake sooner or later and cannot be used: broken JSON, unknown carriers, impossible times."""

from collections.abc import Iterator
from random import Random

from yidao.market import data, stamps, wires
from yidao.market.stamps import DAY, HOUR
from yidao.market.wires import Event, Message


def of_day(chance: Random, midnight: int, tie: int) -> Iterator[Message]:
    """Yield the day's unusable messages: two or three, so that the quarantine always has something to look at."""
    number = f"YT99{midnight % 100_000_000_000:011d}"
    at = midnight + 9 * HOUR + int(6 * HOUR * chance.random())
    wall = stamps.wall(at - HOUR)
    item = f'{{"time":"{wall}","ftime":"{wall}","context":"【金华市圆通营业点】已揽收","statusCode":"103"}}'
    param = f'"status":"polling","lastResult":{{"nu":"{number}","com":"yuantong","state":"1","data":[{item}]}}}}'
    if chance.random() < 0.5:
        param = f'{{"status":"polling","lastResult":{{"nu":"{number}","com":"yuantong","state":"1","data":[{item},]}}}}'
    yield Message(at, tie, wires.KUAIDI100, "", param)
    stranger = {
        "EBusinessID": "1000001",
        "ShipperCode": "XXEX",
        "LogisticCode": f"XX{midnight % 10_000_000_000:010d}",
        "Success": True,
        "State": "1",
        "StateEx": "1",
        "Traces": [
            {"AcceptTime": wall, "AcceptStation": "【未知网点】已揽收", "Location": "", "Action": "1", "Remark": ""}
        ],
    }
    yield Message(at + HOUR, tie + 1, wires.KDNIAO, "", stranger)
    carrier = data.CARRIERS[int(chance.random() * len(data.CARRIERS))]
    stale = Event(
        f"{carrier.prefix}9{at % 10_000_000_000:010d}", carrier.code, stamps.rfc3339(at - 800 * DAY), "ARRIVED_HUB"
    )
    yield Message(at + 2 * HOUR, tie + 2, wires.NATIVE, carrier.code, stale)
