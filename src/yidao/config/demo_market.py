"""
The demo's one driver: fills the history, lets the market live, and runs ahead when an operator asks. It alone moves the
clock: first the clock, then the hour's messages over HTTP, then the sweeps, so that nothing is judged before its time.
"""

import asyncio
import socket
import threading
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from yidao.config import concerns, database, demo_cast, demo_clock, demo_people, env
from yidao.kit import clock, logs
from yidao.kit import sweeps as kit_sweeps
from yidao.market import courier, stamps, stories
from yidao.market.courier import Courier, Keys, Receipt
from yidao.market.ledger import Ledger
from yidao.market.line import Line, Post
from yidao.market.wires import Message
from yidao.market.world import World
from yidao.parcels import freshness, hot, outages, sweeps
from yidao.rules.instants import instant

FILL_STEP: Final = 12 * stamps.HOUR
"""History is swept in half days: shorter than any clock that could run out between a shipment and its pickup scan."""
FORWARD_STEP: Final = stamps.HOUR
RHYTHM_DAYS: Final = 15
RHYTHM_HOURS: Final = range(8, 21)
"""On the last days of history its days are told hour by hour, so that a carrier's rhythm is known at the opening."""
LIVE_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 0.3

log = logs.get(__name__)

_NEXT_WISH = """
SELECT id, until_sim FROM demo_forward WHERE state IN ('ASKED', 'RUNNING') ORDER BY id LIMIT 1
"""
_TELL_PROGRESS = "UPDATE demo_forward SET state = %s, reached_sim = %s, fault = %s WHERE id = %s"


class Player:
    """Plays one demo over one line to the intake; `stop` ends it after the step at hand."""

    def __init__(
        self,
        *,
        connection: psycopg.Connection[Any],
        post: Post,
        keys: Keys,
        stop: threading.Event,
    ) -> None:
        found = demo_clock.read(connection)
        assert found is not None, "the market plays only in a demo"
        self.choices = demo_cast.choices(connection)
        self.receipt = Receipt()
        self._connection = connection
        self._knowledge = hot.Knowledge()
        self._stop = stop
        self._courier = Courier(post, keys, is_stopped=stop.is_set)
        self._now = stamps.second_of(found.at(clock.real_now()))
        cast = demo_cast.tenants(connection).cast()
        world = World(seed=self.choices.seed, begins_at=self.choices.begins_at, per_day=self.choices.per_day, cast=cast)
        told = stories.stories(cast=cast, opens_at=self.choices.opens_at)
        # A step that was cut short is told again by the next player: the intake knows what it has seen already.
        from_at = max(self.choices.begins_at, self._now - FILL_STEP)
        stepped_in = next(story.waybill_no for story in told if story.key == stories.STEPPED_IN)
        self._people = demo_people.People(connection, stepped_in=stepped_in)
        aside = [message for story in told for message in story.messages]
        self._ledger = Ledger(world, from_at=from_at, aside=aside)

    async def play(self) -> None:
        """Fill the history if it is not full yet, then live until told to stop; the clock stands still afterwards."""
        await self.fill()
        if self._stop.is_set():
            return
        demo_clock.start(self._connection)
        try:
            await self._live()
        finally:
            demo_clock.stop(self._connection)

    async def fill(self) -> None:
        """Tell everything between where the clock stands and the opening."""
        if self._now >= self.choices.opens_at:
            return
        started = clock.stopwatch()
        async for _ in self._steps(self.choices.opens_at, FILL_STEP):
            if self._stop.is_set():
                return
        freshness.expire(self._connection)
        log.info("history told", seconds=round(clock.stopwatch() - started, 1), **self.figures())

    async def forward(self, wish_id: int, until: int) -> None:
        """Run ahead to `until` in steps of an hour, telling the wish's row how far it is."""
        demo_clock.stop(self._connection)
        self._read_clock()
        async for reached in self._steps(until, FORWARD_STEP):
            self._tell(wish_id, "RUNNING", reached)
            if self._stop.is_set():
                return
        self._tell(wish_id, "DONE", max(self._now, until))
        demo_clock.start(self._connection)

    def figures(self) -> dict[str, int]:
        """Return what the intake answered so far."""
        return {"requests": self.receipt.requests, **self.receipt.items}

    async def _live(self) -> None:
        beaten_at = clock.stopwatch()
        while not self._stop.is_set():
            wish = self._connection.execute(_NEXT_WISH).fetchone()
            if wish is not None:
                await self._grant(wish[0], stamps.second_of(wish[1]))
                continue
            self._read_clock()
            self.receipt.add(await self._courier.deliver(self._ledger.due(self._now)))
            moment = datetime.fromtimestamp(self._now, tz=UTC)
            if self._people.is_due(moment):
                await asyncio.to_thread(self._people.act, moment)
            if clock.stopwatch() - beaten_at > demo_clock.HEARTBEAT_SECONDS:
                demo_clock.start(self._connection)
                beaten_at = clock.stopwatch()
            await asyncio.sleep(LIVE_SECONDS)

    async def _grant(self, wish_id: int, until: int) -> None:
        try:
            await self.forward(wish_id, until)
        except* courier.Undelivered:
            self._tell(wish_id, "FAILED", self._now, fault="The intake did not answer.")
            raise

    async def _steps(self, until: int, size: int) -> AsyncIterator[int]:
        """Go to `until` in steps; while one is posted and swept, the next one's messages are thought out."""
        ends = list(_ends(self._now, until, size))
        due = self._ledger.due(ends[0]) if ends else []
        for number, end in enumerate(ends):
            following = asyncio.create_task(asyncio.to_thread(self._ledger.due, ends[min(number + 1, len(ends) - 1)]))
            await self._step(end, due)
            due = await following
            yield end

    async def _step(self, until: int, due: Sequence[Message]) -> None:
        """Move the clock, tell what fell due meanwhile, and let every clock of every parcel catch up."""
        told = 0
        for end in self._tellings(until):
            upto = bisect_left(due, end, lo=told, key=_sent_at) if end < until else len(due)
            self._now = end
            demo_clock.move(self._connection, to=datetime.fromtimestamp(end, tz=UTC))
            self.receipt.add(await self._courier.deliver(due[told:upto]))
            told = upto
            if end < until:
                await asyncio.to_thread(self._watch, end)
        await asyncio.to_thread(self._let_pass, until)

    def _tellings(self, until: int) -> Iterator[int]:
        """Yield up to when messages are told together, until the end of a step."""
        for end in _ends(self._now, until, stamps.HOUR):
            is_of_rhythm = (end + stamps.OFFSET) % stamps.DAY // stamps.HOUR in RHYTHM_HOURS
            if end == until or (is_of_rhythm and end > self.choices.opens_at - RHYTHM_DAYS * stamps.DAY):
                yield end

    def _watch(self, now: int) -> None:
        """Look which carriers have fallen silent or caught up, now that the news of the time are there."""
        self._knowledge.refresh(self._connection, now=instant(datetime.fromtimestamp(now, tz=UTC)))
        outages.watch(self._connection, self._knowledge)

    def _let_pass(self, now: int) -> None:
        """
        Judge what only time decides, and let people act on it. Who falls silent now is known to be from the next step
        on.
        """
        moment = datetime.fromtimestamp(now, tz=UTC)
        sweeps.sweep_until_quiet(self._connection, now=instant(moment))
        kit_sweeps.sweep_until_quiet(concerns.CONCERNS, now=moment)
        self._watch(now)
        if self._people.is_due(moment):
            self._people.act(moment)

    def _read_clock(self) -> None:
        found = demo_clock.read(self._connection)
        assert found is not None, "a demo keeps its clock"
        self._now = stamps.second_of(found.at(clock.real_now()))

    def _tell(self, wish_id: int, state: str, reached: int, *, fault: str = "") -> None:
        self._connection.execute(_TELL_PROGRESS, (state, datetime.fromtimestamp(reached, tz=UTC), fault, wish_id))


def _sent_at(message: Message) -> int:
    return message.send_at


def _ends(start: int, until: int, size: int) -> Iterator[int]:
    """Yield the ends of steps of at most `size` seconds from `start` to `until`."""
    reached = start
    while reached < until:
        reached = min(until, reached - reached % size + size)
        yield reached


def run(stop: threading.Event) -> None:
    """Play until told to stop; an intake or a database that goes away is waited for."""
    settings = env.settings()
    while not stop.is_set():
        if not _is_listening(settings.host, settings.intake_port):
            stop.wait(LOOK_SECONDS)
            continue
        try:
            with (
                hot.connect(database.runtime_url()) as connection,
                Line(settings.host, settings.intake_port, size=courier.IN_FLIGHT_MAX) as line,
            ):
                keys = demo_cast.keys(demo_cast.tenants(connection), now=clock.business_now(connection))
                asyncio.run(Player(connection=connection, post=line, keys=keys, stop=stop).play())
        except* (psycopg.OperationalError, psycopg.InterfaceError, courier.Undelivered) as group:
            log.warning("market interrupted", faults=[type(fault).__name__ for fault in group.exceptions])
            stop.wait(AGAIN_SECONDS)


def _is_listening(host: str, port: int) -> bool:
    """Return whether the intake is up; thinking a market out before that would only slow its start."""
    try:
        socket.create_connection((host, port), timeout=LOOK_SECONDS).close()
    except OSError:
        return False
    return True
