"""The queue: bounded, answered after the commit, outliving bad data, lost servers and senders who go away."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any

import msgspec
import psycopg
import pytest
from django.db import connection as django_connection

from tests.intake import facts
from tests.intake.facts import Kind, fresh_number, scan, shipment, submission
from yidao.intake.payloads import ItemResult, ScanIn, Submission
from yidao.intake.queue import Draining, Queue, QueueFull, StoreUnavailable
from yidao.kit import clock
from yidao.parcels import rebuild
from yidao.rules.instants import HOUR, MINUTE, instant

CARRIER = "zhongtong"
SECONDS_MAX = 30


@pytest.fixture
def open_queue(runtime_dsn: str) -> Iterator[Callable[..., Queue]]:
    """Return how to open a queue; all are drained at the end."""
    opened: list[Queue] = []

    def make(**options: Any) -> Queue:
        defaults = {"items_max": 10_000, "bytes_max": 10_000_000, "batch_max": 5_000}
        opened.append(Queue(runtime_dsn, **{**defaults, **options}))
        return opened[-1]

    yield make
    assert all(queue.drain(timeout=SECONDS_MAX) for queue in opened)


@pytest.fixture
def gate(owner_dsn: str) -> Iterator[Callable[[], None]]:
    """Keep every writer waiting, until called, by a lock on a table each batch reads."""
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("LOCK TABLE carrier_outage IN ACCESS EXCLUSIVE MODE")
        yield connection.commit
        connection.commit()


def _recent(number: str, *, minutes_ago: int = 60, **changes: Any) -> ScanIn:
    """Return a scan of the last hours: a queue lives in the present."""
    told = scan(number, "06-18 15:00", Kind.PICKED_UP)
    occurred_at = instant(clock.real_now()) - minutes_ago * MINUTE
    return msgspec.structs.replace(told, **{"occurred_at": occurred_at, "event_id": f"e{minutes_ago}", **changes})


def _results(answer: Future[list[ItemResult]]) -> list[str]:
    return [f"{each.result}{':' + each.code if each.code else ''}" for each in answer.result(SECONDS_MAX)]


def _count(dsn: str, number: str) -> int:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*) FROM scan WHERE waybill_no = %s", (number,)).fetchone()
        assert found is not None
        return int(found[0])


def _quarantined(dsn: str, number: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT reason FROM quarantine WHERE waybill_no = %s", (number,)).fetchall()
        return [reason for (reason,) in rows]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _hold(queue: Queue) -> Future[list[ItemResult]]:
    """Give the writer a batch to wait with at the gate, so that what comes next stays in line."""
    held = queue.submit(submission(_recent(fresh_number())))
    _until(lambda: queue.depth == (0, 0))
    return held


def test_when_a_future_is_done_everybody_sees_the_rows(open_queue, runtime_dsn) -> None:
    number = fresh_number()

    answer = open_queue().submit(submission(_recent(number)))

    assert _results(answer) == ["ACCEPTED"]
    assert _count(runtime_dsn, number) == 1


def test_nobody_is_answered_before_the_commit(open_queue, gate) -> None:
    answer = open_queue().submit(submission(_recent(fresh_number())))

    assert wait([answer], timeout=0.3).not_done
    gate()
    assert _results(answer) == ["ACCEPTED"]


@pytest.mark.parametrize(
    "limits",
    [{"items_max": 6}, {"bytes_max": 600}],
    ids=["as many items as are allowed", "as many bytes as are allowed"],
)
def test_a_full_queue_says_so_and_loses_nothing_it_took(open_queue, gate, runtime_dsn, limits) -> None:
    queue = open_queue(**limits)
    held = _hold(queue)
    numbers = [fresh_number() for _ in range(3)]
    taken = [
        queue.submit(submission(_recent(each), _recent(each, minutes_ago=30), sender=facts.CARRIER_SENDER))
        for each in numbers
    ]

    with pytest.raises(QueueFull) as refused:
        queue.submit(submission(_recent(fresh_number())))

    assert refused.value.headers == {"Retry-After": "1"}
    gate()
    assert [_results(each) for each in (held, *taken)] == [["ACCEPTED"], *[["ACCEPTED"] * 2] * 3]
    assert [_count(runtime_dsn, each) for each in numbers] == [2, 2, 2]
    assert queue.depth == (0, 0)
    assert _results(queue.submit(submission(_recent(fresh_number())))) == ["ACCEPTED"]


def test_what_arrives_during_a_commit_becomes_one_batch(open_queue, gate) -> None:
    sizes: list[int] = []
    queue = open_queue(batch_max=50, on_batch=lambda items, _seconds: sizes.append(items))
    held = _hold(queue)
    answers = [queue.submit(submission(_recent(fresh_number()))) for _ in range(70)]

    gate()

    assert {_results(each)[0] for each in (held, *answers)} == {"ACCEPTED"}
    assert sizes == [1, 50, 20]


def test_draining_finishes_what_was_taken_and_takes_no_more(open_queue, gate, runtime_dsn) -> None:
    queue = open_queue()
    held = _hold(queue)
    number = fresh_number()
    taken = queue.submit(submission(_recent(number)))
    drained: list[bool] = []
    drainer = threading.Thread(target=lambda: drained.append(queue.drain(timeout=SECONDS_MAX)))
    drainer.start()

    def is_draining() -> bool:
        try:
            queue.submit(submission(_recent(fresh_number()))).cancel()
        except Draining:
            return True
        return False

    _until(is_draining)
    gate()
    drainer.join(SECONDS_MAX)
    assert drained == [True]
    assert [_results(each) for each in (held, taken)] == [["ACCEPTED"], ["ACCEPTED"]]
    assert _count(runtime_dsn, number) == 1


@pytest.mark.parametrize(
    "bad",
    [{"flags": 1 << 20}, {"description": "\x00"}, {"place": "a\x00b"}],
    ids=["a number too big for its column", "a zero byte", "a zero byte between letters"],
)
@pytest.mark.parametrize("copies", [1, 1_500], ids=["in a small batch", "in a big batch"])
def test_what_the_database_refuses_stands_alone_in_quarantine(open_queue, gate, runtime_dsn, bad, copies) -> None:
    queue = open_queue()
    held = _hold(queue)
    numbers = [fresh_number() for _ in range(3)]
    first = queue.submit(submission(_recent(numbers[0])))
    mixed = queue.submit(
        submission(
            *(_recent(fresh_number()) for _ in range(copies)),
            _recent(numbers[1]),
            _recent(numbers[1], minutes_ago=20, **bad),
            *(_recent(fresh_number()) for _ in range(copies)),
        )
    )
    last = queue.submit(submission(_recent(numbers[2])))

    gate()

    assert [_results(each) for each in (held, first, last)] == [["ACCEPTED"]] * 3
    good = ["ACCEPTED"] * copies
    assert _results(mixed) == [*good, "ACCEPTED", "REJECTED:intake.data_refused", *good]
    assert [_count(runtime_dsn, each) for each in numbers] == [1, 1, 1]
    assert [_quarantined(runtime_dsn, each) for each in numbers] == [[], ["intake.data_refused"], []]


def test_a_bad_item_does_not_take_the_new_month_of_its_neighbour_with_it(open_queue, gate, runtime_dsn) -> None:
    """The month's partition is made in the batch that is rolled back; the halves have to make it again."""
    queue = open_queue()
    held = _hold(queue)
    number = fresh_number()
    long_ago = 170 * 24 * 60
    answer = queue.submit(
        submission(_recent(number, minutes_ago=long_ago), _recent(fresh_number(), description="\x00"))
    )

    gate()

    assert _results(held) == ["ACCEPTED"]
    assert _results(answer) == ["ACCEPTED", "REJECTED:intake.data_refused"]
    assert _count(runtime_dsn, number) == 1


def test_a_zero_byte_in_the_number_itself_is_set_aside_too(open_queue) -> None:
    queue = open_queue()

    assert _results(queue.submit(submission(_recent("A\x00B")))) == ["REJECTED:intake.data_refused"]
    assert _results(queue.submit(submission(_recent(fresh_number())))) == ["ACCEPTED"]


@pytest.mark.parametrize("count", [1_300, 2_510, 3_100], ids=lambda count: f"{count} parcels")
def test_batches_that_go_through_in_parts_are_written_whole(open_queue, connection, count) -> None:
    queue = open_queue()
    told = [_recent(fresh_number()) for _ in range(count)]

    first = queue.submit(submission(*told))
    again = queue.submit(submission(*told))

    assert _results(first) == ["ACCEPTED"] * count
    assert _results(again) == ["DUPLICATE"] * count
    assert rebuild.check_numbers(connection, [(each.waybill_no, CARRIER) for each in told]) == ()


@pytest.mark.parametrize("copies", [2, 2_000], ids=["in a small batch", "in a big batch"])
def test_a_rule_that_raises_for_one_parcel_sets_only_that_item_aside(
    open_queue, owner_dsn, runtime_dsn, copies
) -> None:
    queue = open_queue()
    broken = fresh_number()
    assert _results(queue.submit(submission(_recent(broken)))) == ["ACCEPTED"]
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("UPDATE parcel SET milestones = '\\x63' WHERE waybill_no = %s", (broken,))
    good = [_recent(fresh_number()) for _ in range(copies)]

    answer = queue.submit(submission(*good, _recent(broken, minutes_ago=10), *(_recent(fresh_number()) for _ in good)))

    assert _results(answer) == ["ACCEPTED"] * copies + ["REJECTED:intake.data_refused"] + ["ACCEPTED"] * copies
    assert _quarantined(runtime_dsn, broken) == ["intake.data_refused"]
    assert _count(runtime_dsn, broken) == 1


def _end_backends(owner_dsn: str, *, waiting: bool) -> int:
    """
    End the server's side of every intake connection of this test's database; return how many there were. Django's own,
    which tests before this one may have left open, are closed first, so that none after it finds them dead.
    """
    django_connection.close()
    django_connection.close_pool()
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        found = owner.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query <> 'LOCK TABLE carrier_outage "
            "IN ACCESS EXCLUSIVE MODE' AND (wait_event_type = 'Lock') = %s",
            (waiting,),
        ).fetchone()
        assert found is not None
        return int(found[0])


def test_a_server_that_goes_away_during_a_batch_is_survived(open_queue, gate, owner_dsn, runtime_dsn) -> None:
    queue = open_queue()
    number = fresh_number()
    answer = queue.submit(submission(_recent(number), _recent(number, minutes_ago=30)))
    _until(lambda: _end_backends(owner_dsn, waiting=True) > 0)

    gate()

    assert _results(answer) == ["ACCEPTED", "ACCEPTED"]
    assert _count(runtime_dsn, number) == 2


def test_a_server_that_went_away_between_batches_is_survived(open_queue, owner_dsn, runtime_dsn) -> None:
    queue = open_queue()
    assert _results(queue.submit(submission(_recent(fresh_number())))) == ["ACCEPTED"]
    number = fresh_number()

    assert _end_backends(owner_dsn, waiting=False) > 0

    assert _results(queue.submit(submission(_recent(number)))) == ["ACCEPTED"]
    assert _count(runtime_dsn, number) == 1


def test_a_server_that_stays_away_is_said_and_the_queue_lives_on(open_queue, monkeypatch) -> None:
    monkeypatch.setattr("yidao.intake.queue.BACK_OFF_SECONDS", (0.0,))
    monkeypatch.setattr("yidao.intake.queue.RETRIES_MAX", 3)
    queue = open_queue()
    url, queue._url = queue._url, "postgresql://nobody@127.0.0.1:1/away"

    with pytest.raises(StoreUnavailable):
        queue.submit(submission(_recent(fresh_number()))).result(SECONDS_MAX)

    queue._url = url
    assert _results(queue.submit(submission(_recent(fresh_number())))) == ["ACCEPTED"]


def test_a_right_that_is_missing_is_nobodys_bad_data(open_queue, owner_dsn, runtime_dsn) -> None:
    queue = open_queue()
    told = _recent(fresh_number())
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON source_snapshot, parcel, scan FROM yidao_runtime")
        try:
            with pytest.raises(StoreUnavailable):
                queue.submit(submission(told)).result(SECONDS_MAX)
        finally:
            owner.execute("GRANT INSERT ON source_snapshot, parcel, scan TO yidao_runtime")

    assert _quarantined(runtime_dsn, told.waybill_no) == []
    assert _results(queue.submit(submission(told))) == ["ACCEPTED"]


def test_a_sender_who_went_away_harms_nobody(open_queue, gate, runtime_dsn) -> None:
    queue = open_queue()
    held = _hold(queue)
    gone, neighbour = fresh_number(), fresh_number()
    answer = queue.submit(submission(_recent(gone)))
    told = _recent(neighbour)
    other = queue.submit(submission(told))

    assert answer.cancel()
    assert not held.cancel()
    gate()

    assert [_results(each) for each in (held, other)] == [["ACCEPTED"], ["ACCEPTED"]]
    assert [_count(runtime_dsn, each) for each in (gone, neighbour)] == [0, 1]
    alone = queue.submit(submission(_recent(fresh_number())))
    alone.cancel()
    assert _results(queue.submit(submission(told))) == ["DUPLICATE"]


def test_two_queues_at_the_same_parcels_lose_nothing(open_queue, connection, tenants, runtime_dsn) -> None:
    numbers = [fresh_number() for _ in range(8)]
    queues = [open_queue(batch_max=20), open_queue(batch_max=20)]
    now = instant(clock.real_now())
    shipped = [
        msgspec.structs.replace(shipment(tenants, each, "06-18 10:00"), shipped_at=now - 40 * HOUR) for each in numbers
    ]
    first = queues[0].submit(submission(*shipped))
    told = [
        _recent(number, minutes_ago=minutes, division=facts.HANGZHOU)
        for minutes in range(10, 1210, 60)
        for number in numbers
    ]

    def submissions() -> Iterator[Submission]:
        for start in range(0, len(told), 7):
            yield submission(*told[start : start + 7])

    answers = [queue.submit(each) for each in submissions() for queue in queues]

    assert {each.result for each in first.result(SECONDS_MAX)} == {"ACCEPTED"}
    said = [result for each in answers for result in _results(each)]
    assert (said.count("ACCEPTED"), said.count("DUPLICATE")) == (len(told), len(told))
    assert [_count(runtime_dsn, each) for each in numbers] == [20] * len(numbers)
    assert rebuild.check_numbers(connection, [(each, CARRIER) for each in numbers]) == ()


def test_two_queues_with_big_batches_of_the_same_parcels_lose_nothing(open_queue, connection, runtime_dsn) -> None:
    """Both copy the same scans at once, in opposite order of their batches: races, deadlocks and doubles together."""
    numbers = [fresh_number() for _ in range(1_400)]
    queues = [open_queue(), open_queue()]
    batches = [submission(*(_recent(each, minutes_ago=minutes) for each in numbers)) for minutes in (10, 70, 130)]

    answers = [
        queue.submit(batch) for queue, order in zip(queues, (batches, batches[::-1]), strict=True) for batch in order
    ]

    said = [result for each in answers for result in _results(each)]
    assert (said.count("ACCEPTED"), said.count("DUPLICATE")) == (3 * len(numbers), 3 * len(numbers))
    assert {_count(runtime_dsn, each) for each in numbers[:50]} == {3}
    assert rebuild.check_numbers(connection, [(each, CARRIER) for each in numbers]) == ()
