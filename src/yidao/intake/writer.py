"""
One transaction for whatever arrived together: shipments begin lives, scans and full lists are appended, the touched
lives are folded, judged and swapped in; only then is anybody answered. Running a batch again is harmless.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import psycopg

from yidao.flows.arrivals import Arrivals
from yidao.intake import figures, orders, shipments, statements
from yidao.intake.payloads import (
    CorrectionIn,
    Item,
    ItemResult,
    OrderIn,
    QuarantineIn,
    Result,
    ScanIn,
    ShipmentIn,
    SnapshotIn,
    SourceFacts,
    Submission,
)
from yidao.kit import arrays
from yidao.parcels import beginning, claims, folding, hot, lives, registers, writing
from yidao.parcels.lives import Key, Life, Number
from yidao.rules.anomalies import Change, Hold, HoldKind
from yidao.rules.instants import DAY, Instant

ROUNDS_MAX: Final = 5
"""How often a batch reads again the rows at which other writers were faster."""
EARLIEST_BEFORE_START: Final = 30 * DAY
EARLIEST_FOR_STUB: Final = 180 * DAY
LATEST_AHEAD: Final = DAY

ACCEPTED: Final = ItemResult(Result.ACCEPTED)
DUPLICATE: Final = ItemResult(Result.DUPLICATE)


Appended = tuple[set[statements.ScanIdentity], set[statements.ListIdentity]]
SLICE: Final = 1_700
"""Numbers judged while the database writes the ones before; smaller slices overlap more and cost more statements."""


class Contended(Exception):
    """Other writers were faster at the same rows in every round; the whole batch may be run again."""


@dataclass(slots=True)
class Task:
    """One item of the batch: who sent it, what it is, which number it is about after aliases, and its answer."""

    sender: SourceFacts
    item: Item
    number: Number
    result: ItemResult | None = None
    life: Life | None = None
    is_sure: bool = False


@dataclass(slots=True)
class Batch:
    """The tasks of one transaction by number, and what was learned while working on them."""

    knowledge: hot.Knowledge
    by_number: dict[Number, list[Task]] = field(default_factory=dict)
    organisations: dict[int, str] = field(default_factory=dict)
    seen: set[tuple[Any, ...]] = field(default_factory=set)
    months: set[tuple[int, int]] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    set_aside: list[tuple[SourceFacts, QuarantineIn]] = field(default_factory=list)
    begun: list[beginning.Plan] = field(default_factory=list)
    may_copy: bool = True
    changes: int = 0


class _Slice:
    """A part of a round's numbers on its way through: loaded, judged, being written."""

    def __init__(self, numbers: list[Number]) -> None:
        self.numbers = numbers
        self.found: dict[Number, list[Life]] = {}
        self.replanned: list[beginning.Plan] = []
        self.slow: set[Number] = set()
        self.late: set[Number] = set()
        self.prepared: writing.Prepared
        self.changes: list[tuple[Life, Change]] = []
        self.won: set[Key] = set()
        self.finish: Callable[[], set[Number]] = set


def _cut(numbers: list[Number]) -> list[list[Number]]:
    """Cut numbers into slices of about equal size; few numbers are one slice."""
    if len(numbers) < 2 * SLICE:
        return [numbers]
    return [numbers[at : at + SLICE] for at in range(0, len(numbers), SLICE)]


class Writer:
    """
    Writes batches on one connection. Not thread-safe: each writer thread has its own.

    :raises psycopg.Error: what the database refuses; the queue decides whether to run the batch again or to split it.
    """

    def __init__(self, connection: psycopg.Connection[Any], *, now: Instant | None = None) -> None:
        self._connection = connection
        self._fixed_now = now
        self.knowledge = hot.Knowledge()
        self.figures = figures.Figures()
        self._months: set[tuple[int, int]] = set()
        self._hand = hot.Hand()

    def write(self, submissions: Sequence[Submission]) -> list[list[ItemResult]]:
        """
        Commit everything and return the answers, in the order of the submissions and their items.

        :raises Contended: other writers won every round.
        """
        try:
            return self._write(submissions, may_copy=True)
        except psycopg.errors.UniqueViolation:
            # Another writer told one of these scans at this very moment; now the database sorts out which are new.
            return self._write(submissions, may_copy=False)

    def _write(self, submissions: Sequence[Submission], *, may_copy: bool) -> list[list[ItemResult]]:
        tasks = [[Task(each.sender, item, _number_of(item)) for item in each.items] for each in submissions]
        flat = [task for group in tasks for task in group]
        with self._connection.transaction():
            self.knowledge.refresh(self._connection, now=self._fixed_now)
            batch = Batch(self.knowledge, months=set(self._months), may_copy=may_copy)
            self._work_whole(batch, flat)
            for sender, kept in batch.set_aside:
                statements.quarantine(self._connection, sender, kept, batch.knowledge)
            self._connection_tell(batch)
            self.figures.write_when_due(self._connection, now=self.knowledge.now)
        self._months = batch.months  # A month made in a transaction that was rolled back does not stand.
        answered = [(task.sender, task.item, task.result) for task in flat if task.result is not None]
        assert len(answered) == len(flat), "every item is answered"
        self.figures.count(answered, now=self.knowledge.now)
        return [[task.result for task in group if task.result is not None] for group in tasks]

    def _work_whole(self, batch: Batch, flat: list[Task]) -> None:
        """
        Work, and leave the connection idle whatever happens, for the transaction must be able to end.

        What the database refused first is the fault; all that came after it only says that something had failed.
        """
        try:
            self._work(batch, flat)
        except Exception as fault:
            first = self._hand.rest()
            if first is None or first is fault:
                raise
            raise first from fault
        self._hand.rest()

    def _work(self, batch: Batch, flat: list[Task]) -> None:
        for task in flat:
            if isinstance(task.item, QuarantineIn):
                statements.quarantine(self._connection, task.sender, task.item, batch.knowledge)
                task.result = ItemResult(Result.REJECTED, code=task.item.reason)
            elif not isinstance(task.item, OrderIn):
                batch.by_number.setdefault(task.number, []).append(task)
        self._follow_aliases(batch)
        batch.organisations = statements.organisations(self._connection, (task.item for task in flat))
        orders.take(self._connection, flat, organisations=batch.organisations, now=batch.knowledge.now_at)
        if not batch.by_number:
            return
        arrivals = Arrivals(self._connection, [task.item for task in flat if isinstance(task.item, ShipmentIn)])
        waiting = dict(batch.by_number)
        for _ in range(ROUNDS_MAX):
            lost = self._round(batch, waiting)
            if not lost:
                left = arrivals.ship(batch.begun, now=batch.knowledge.now_at)
                _name_left(batch, zip(batch.begun, left, strict=True))
                return
            waiting = {number: batch.by_number[number] for number in lost}
            batch.may_copy = False  # Their scans stand already, though the parcel rows do not tell of them yet.
        raise Contended

    def _follow_aliases(self, batch: Batch) -> None:
        corrections = [
            task.item for group in batch.by_number.values() for task in group if isinstance(task.item, CorrectionIn)
        ]
        if corrections:
            statements.add_aliases(self._connection, corrections, batch.knowledge)
        numbers = sorted(batch.by_number)
        keys = {"waybill_no": arrays.texts([n[0] for n in numbers]), "carrier": arrays.texts([n[1] for n in numbers])}
        for waybill_no, carrier, stands_for in hot.rows(self._connection, "aliases", keys):
            moved = batch.by_number.pop((waybill_no, carrier))
            for task in moved:
                task.number = (waybill_no, stands_for)
            batch.by_number.setdefault((waybill_no, stands_for), []).extend(moved)

    def _round(self, batch: Batch, waiting: dict[Number, list[Task]]) -> set[Number]:
        """
        Work on some numbers once; return those at which another writer was faster.

        The numbers go through in slices, so that the database appends and swaps one slice while the next is being
        judged. What must read the facts back (`late`) follows at the end.
        """
        found: dict[Number, list[Life]] = {}
        slices = [_Slice(numbers) for numbers in _cut(sorted(waiting))]
        load = self._begin_load(slices[0])
        for position, part in enumerate(slices):
            part.found = load()
            found.update(part.found)
            if position + 1 < len(slices):
                load = self._begin_load(slices[position + 1])
            self._work_on(batch, part, {number: waiting[number] for number in part.numbers})
        replanned = [plan for part in slices for plan in part.replanned]
        slow = set().union(*(part.slow for part in slices))
        late = set().union(*(part.late for part in slices), *(part.finish() for part in slices))
        if slow:
            folding.refold(self._connection, {number: found[number] for number in slow})
        if late:
            replanned.extend(_settled(self._connection, waiting, found, replanned))
        # A fact that changes nothing still moves the version: whoever folds this life at the same time must notice it.
        done = {id(life) for part in slices for life in part.prepared.lives}
        rest = writing.prepare(
            [life for life in _judged(found, late, batch.knowledge) if id(life) not in done], batch.knowledge
        )
        lives_done = [life for part in slices for life in part.prepared.lives] + rest.lives
        won = set().union(*(part.won for part in slices), writing.swap(self._connection, rest))
        changes = [each for part in slices for each in part.changes] + writing.changes_of(rest.lives)
        written = writing.follow_up(self._connection, lives_done, won, changes, batch.knowledge)
        plans = [plan for plan in replanned if plan.life is None or plan.life.key not in written.lost]
        beginning.write_lines(self._connection, plans)
        claims.write(self._connection, plans, now=batch.knowledge.now_at)
        batch.begun.extend(plans)
        batch.told |= written.organisations
        batch.changes += written.changes
        return {key[:2] for key in written.lost}

    def _begin_load(self, part: "_Slice") -> Callable[[], dict[Number, list[Life]]]:
        return self._hand.begin(lambda: lives.load(self._connection, part.numbers), size=len(part.numbers))

    def _work_on(self, batch: Batch, part: "_Slice", waiting: dict[Number, list[Task]]) -> None:
        """Give one slice its facts, judge what needs no reading back, and begin to write both."""
        part.replanned = _planned(batch, waiting, part.found)
        part.slow = {plan.life.key[:2] for plan in part.replanned if plan.life is not None and plan.is_further_life}
        for number, tasks in waiting.items():
            if self._assign(batch, tasks, part.found[number]):
                part.slow.add(number)
        part.late = part.slow | {number for number, each in part.found.items() if each and each[-1].claim_waiting}
        append, answer = self._appending(batch, waiting, part.found)
        judged = _judged(part.found, [number for number in part.numbers if number not in part.late], batch.knowledge)
        part.prepared = prepared = writing.prepare(judged, batch.knowledge)
        connection = self._connection
        written = self._hand.begin(lambda: (append(), writing.swap(connection, prepared)), size=len(part.numbers))
        part.changes = writing.changes_of(prepared.lives)

        def finish() -> set[Number]:
            appended, part.won = written()
            return answer(*appended)

        part.finish = finish

    def _assign(self, batch: Batch, tasks: list[Task], of_number: list[Life]) -> bool:
        """Give each scan and list of a number its life and its entries; return whether the number must be refolded."""
        is_slow = False
        for task in tasks:
            item = task.item
            if isinstance(item, ScanIn):
                is_slow |= self._assign_scan(batch, task, item, of_number)
            elif isinstance(item, SnapshotIn):
                is_slow |= self._assign_snapshot(batch, task, item, of_number)
            elif isinstance(item, CorrectionIn):
                _note_correction(task, item, of_number, now=batch.knowledge.now)
        return is_slow

    def _assign_scan(self, batch: Batch, task: Task, item: ScanIn, of_number: list[Life]) -> bool:
        now = batch.knowledge.now
        if task.sender.is_weak and not _is_of_shop(item.occurred_at, of_number, shop_id=task.sender.organisation_id):
            task.result = ItemResult(Result.REJECTED, code="parcel.not_found")
            return False
        if not _is_in_time(item.occurred_at, of_number, now=now):
            self._refuse_time(batch, task, item)
            return False
        if not of_number:
            of_number.append(lives.new_life(*task.number, 1, starts_at=item.occurred_at))
        task.life = life = folding.life_at(of_number, item.occurred_at)
        if item.revision or item.is_retracted:
            life.revised = True
        if life.revised:
            return True
        entries = folding.entries_of(
            occurred_at=item.occurred_at,
            kind=item.kind,
            division=item.division,
            flags=item.flags,
            is_weak=task.sender.is_weak,
        )
        task.is_sure = life.surely_lacks(entries[0])
        life.entries.extend(entries)
        return False

    def _refuse_time(self, batch: Batch, task: Task, item: ScanIn | SnapshotIn) -> None:
        if task.result is not None:
            return
        kept = QuarantineIn(
            source=item.source,
            reason="tracking.time_out_of_range",
            body=msgspec.json.encode(item),
            carrier=item.carrier,
            waybill_no=item.waybill_no,
        )
        batch.set_aside.append((task.sender, kept))
        task.result = ItemResult(Result.REJECTED, code="tracking.time_out_of_range")

    def _assign_snapshot(self, batch: Batch, task: Task, item: SnapshotIn, of_number: list[Life]) -> bool:
        newest = max(scan.occurred_at for scan in item.scans)
        if not all(_is_in_time(scan.occurred_at, of_number, now=batch.knowledge.now) for scan in item.scans):
            self._refuse_time(batch, task, item)
            return False
        if not of_number:
            oldest = min(scan.occurred_at for scan in item.scans)
            of_number.append(lives.new_life(*task.number, 1, starts_at=oldest))
        task.life = life = folding.life_at(of_number, newest)
        own = [scan for scan in item.scans if folding.life_at(of_number, scan.occurred_at) is life]
        register = registers.Register(
            pushed_at=item.pushed_at,
            newest_at=newest,
            length=len(own),
            digest=item.digest,
            ids=frozenset(registers.name_hash(registers.listed_name(scan.event_id, scan.variant)) for scan in own),
        )
        known = registers.unpack(life.registers)
        before = known.get(item.source)
        if before is not None and register.order <= before.order:
            return life.revised
        known[item.source] = register
        life.registers = registers.pack(known)
        if life.revised or (before is not None and not register.ids >= before.ids):
            return True
        for scan in own:
            life.entries.extend(
                folding.entries_of(
                    occurred_at=scan.occurred_at,
                    kind=scan.kind,
                    division=scan.division,
                    flags=scan.flags,
                    is_weak=task.sender.is_weak,
                )
            )
        return False

    def _appending(
        self, batch: Batch, waiting: dict[Number, list[Task]], found: dict[Number, list[Life]]
    ) -> tuple[Callable[[], Appended], Callable[..., set[Number]]]:
        """
        Return how to append the facts themselves, and how to answer who brought something new.

        A scan that nobody can have told before is copied; where that is in doubt it is inserted and the database
        decides.
        """
        sure: dict[tuple[Any, ...], statements.Placed] = {}
        scans: list[statements.Placed] = []
        snapshots: list[tuple[Life, Number, SnapshotIn, list[ScanIn]]] = []
        for number, tasks in waiting.items():
            for task in tasks:
                if task.life is None:
                    continue
                if isinstance(task.item, ScanIn):
                    placed = (task.life, number, task.item)
                    identity = _identity(number, task.item)
                    if task.is_sure and batch.may_copy and identity not in sure:
                        sure[identity] = placed
                        task.result = task.result or ACCEPTED
                    else:
                        task.is_sure = False
                        scans.append(placed)
                elif isinstance(task.item, SnapshotIn):
                    own = [s for s in task.item.scans if folding.life_at(found[number], s.occurred_at) is task.life]
                    snapshots.append((task.life, number, task.item, own))
                    scans.extend((task.life, number, scan) for scan in own)

        copied = statements.copy_text(sure.values(), batch.knowledge)

        def append() -> Appended:
            statements.ensure_months(self._connection, (each[2] for each in (*sure.values(), *scans)), batch.months)
            statements.copy_scans(self._connection, copied)
            fresh_scans = statements.add_scans(self._connection, scans, batch.knowledge)
            return fresh_scans, statements.add_snapshots(self._connection, snapshots, batch.knowledge)

        def answer(fresh_scans: set[statements.ScanIdentity], fresh_lists: set[statements.ListIdentity]) -> set[Number]:
            return {
                number
                for number, tasks in waiting.items()
                for task in tasks
                if not task.is_sure and _answer(task, fresh_scans, fresh_lists)
            }

        return append, answer

    def _connection_tell(self, batch: Batch) -> None:
        if batch.told:
            statements.tell(self._connection, batch.told)


def _name_left(batch: Batch, left: Iterable[tuple[beginning.Plan, Mapping[str, str]]]) -> None:
    """Let the answers to shipments say which orders they did not ship, and why."""
    for plan, orders_left in left:
        if not orders_left:
            continue
        for task in batch.by_number[plan.shipment.waybill_no, plan.shipment.carrier]:
            if task.item is plan.shipment and task.result is not None:
                code = task.result.code or next(iter(orders_left.values()))
                detail = {**task.result.detail, "orders_left": dict(orders_left)}
                task.result = msgspec.structs.replace(task.result, code=code, detail=detail)


def _planned(batch: Batch, waiting: dict[Number, list[Task]], found: dict[Number, list[Life]]) -> list[beginning.Plan]:
    """Plan and answer the shipments; return the plans that write something."""
    planned: list[beginning.Plan] = []
    for number, tasks in waiting.items():
        for task in tasks:
            if isinstance(task.item, ShipmentIn):
                plan = shipments.plan(task.item, task.sender, found[number], organisations=batch.organisations)
                task.result = plan.result
                if plan.life is not None or plan.must_wait:
                    planned.append(plan)
    return planned


def _settled(
    connection: psycopg.Connection[Any],
    waiting: dict[Number, list[Task]],
    found: dict[Number, list[Life]],
    planned: Sequence[beginning.Plan],
) -> list[beginning.Plan]:
    """Settle claims with what this batch's scans say, and answer those that were made in this batch."""
    settled = claims.settle(connection, found, of_batch=[plan for plan in planned if plan.must_wait])
    for plan in settled:
        for task in waiting[plan.shipment.waybill_no, plan.shipment.carrier]:
            if task.item is plan.shipment:
                task.result = plan.result
    return settled


def _judged(found: dict[Number, list[Life]], numbers: Iterable[Number], knowledge: hot.Knowledge) -> list[Life]:
    return [life for number in numbers for life in found[number] if life.judge(knowledge)]


def _identity(number: Number, item: ScanIn) -> statements.ScanIdentity:
    return (*number, item.source, item.event_id, item.revision, item.is_retracted, item.variant)


def _number_of(item: Item) -> Number:
    return ("", "") if isinstance(item, OrderIn) else (item.waybill_no, item.carrier)


def _is_in_time(occurred_at: int, of_number: Sequence[Life], *, now: Instant) -> bool:
    if occurred_at > now + LATEST_AHEAD:
        return False
    if not of_number or of_number[0].shop_id is None:
        return occurred_at >= now - EARLIEST_FOR_STUB
    return occurred_at >= of_number[0].starts_at - EARLIEST_BEFORE_START


def _is_of_shop(occurred_at: int, of_number: Sequence[Life], *, shop_id: int) -> bool:
    """Tell whether the life an event would belong to is the shop's: an earlier life of the number may be another's."""
    return bool(of_number) and folding.life_at(of_number, occurred_at).shop_id == shop_id


def _note_correction(task: Task, item: CorrectionIn, of_number: list[Life], *, now: Instant) -> None:
    since = Instant(item.noticed_at) or now
    if not of_number:
        of_number.append(lives.new_life(*task.number, 1, starts_at=since))
    of_number[-1].add_hold(Hold(kind=HoldKind.CARRIER_CORRECTED, types=0, since=since, until=Instant(0)))
    task.result = task.result or ACCEPTED


def _answer(task: Task, fresh_scans: set[statements.ScanIdentity], fresh_lists: set[statements.ListIdentity]) -> bool:
    """Answer a scan or list whose newness the database decided; return whether it brought a fact that was not there."""
    item, life = task.item, task.life
    if life is None or not isinstance(item, ScanIn | SnapshotIn):
        return False
    if isinstance(item, ScanIn):
        identity = _identity(task.number, item)
        is_new = identity in fresh_scans
        fresh_scans.discard(identity)
    else:
        listed = (*task.number, item.source, item.digest)
        is_new = listed in fresh_lists
        fresh_lists.discard(listed)
    # In a later round the row stands already, yet nobody else has seen it.
    is_news = is_new or task.result == ACCEPTED
    life.is_touched |= is_news
    task.result = task.result or (ACCEPTED if is_new else DUPLICATE)
    return is_news
