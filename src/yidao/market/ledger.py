"""What the world still has to say, in the order of simulated time."""

from collections import defaultdict
from collections.abc import Iterable

from yidao.market.stamps import DAY
from yidao.market.wires import Message
from yidao.market.world import LONGEST_LIFE, World

MINUTE = 60
ORDERED_BEFORE = 5 * DAY
"""How long before the day that ships it an order may be told."""


class Ledger:
    """
    Hands a world's messages out as they fall due, each exactly once, whole minutes at a time.

    A ledger that starts at `from_at` tells the rest of every parcel that is still under way then and nothing of what
    was due before; `aside` are messages that belong to no day, the stories.
    """

    def __init__(self, world: World, *, from_at: int, aside: Iterable[Message] = ()) -> None:
        self._world = world
        self._told_until = from_at // MINUTE
        self._next_day = max(0, world.day_of(from_at - LONGEST_LIFE))
        self._minutes: defaultdict[int, list[Message]] = defaultdict(list)
        self._keep(aside)

    def due(self, until: int) -> list[Message]:
        """Return what falls due before the last whole minute of `until` and was not handed out yet, oldest first."""
        last = until // MINUTE
        while self._world.begins_at + self._next_day * DAY < until + ORDERED_BEFORE:
            for parcel in self._world.day(self._next_day):
                self._keep(parcel.messages)
            self._keep(self._world.unshipped(self._next_day))
            self._keep(self._world.oddities(self._next_day))
            self._next_day += 1
        due: list[Message] = []
        for minute in range(self._told_until, last):
            due += sorted(self._minutes.pop(minute, ()), key=_order)
        self._told_until = max(self._told_until, last)
        return due

    @property
    def waiting(self) -> int:
        """Return how many messages wait for their time."""
        return sum(map(len, self._minutes.values()))

    def _keep(self, messages: Iterable[Message]) -> None:
        told_until, minutes = self._told_until, self._minutes
        for message in messages:
            minute = message.send_at // MINUTE
            if minute >= told_until:
                minutes[minute].append(message)


def _order(message: Message) -> tuple[int, int]:
    return message.send_at, message.tie
