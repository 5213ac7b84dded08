"""Kept input taken once more, through the real queue and writer."""

import json
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from tests.intake import facts
from yidao.intake import identity, pushes
from yidao.intake.payloads import ItemResult, QuarantineIn, Result, SourceFacts, Submission
from yidao.intake.queue import Draining, Queue
from yidao.intake.replay import Replayer, StillUnreadable, decode_for_replay, settled
from yidao.intake.senders import Sender
from yidao.intake.statements import quarantine_place
from yidao.kit import crypto

SENDER = SourceFacts(0, 0, "PROVIDER", "KUAIDI100", False)


@pytest.fixture
def queue(runtime_dsn):
    """Return the real queue."""
    made = Queue(runtime_dsn, items_max=1000, bytes_max=1 << 20, batch_max=500, linger_seconds=0)
    yield made
    made.drain()


@pytest.fixture
def connection(runtime_dsn):
    """Return a connection of the runtime role."""
    with psycopg.connect(runtime_dsn, autocommit=True) as opened:
        yield opened


def push(number, *, com="yuantong"):
    now = datetime.now(UTC).strftime("%Y-%m-%d 00:00:00")
    last = {"nu": number, "com": com, "data": [{"ftime": now, "statusCode": "1", "context": "已揽收"}]}
    return json.dumps({"status": "polling", "lastResult": last}).encode()


def keep(queue, connection, body, *, number, detail=None):
    kept = QuarantineIn("KUAIDI100", "test", body, waybill_no=number, detail=detail or {"format": "kuaidi100"})
    queue.submit(Submission(SENDER, (kept,), len(body))).result(10)
    return connection.execute("SELECT id FROM quarantine WHERE waybill_no = %s", (number,)).fetchone()[0]


def ask(connection, quarantine_id, body=None):
    connection.execute("UPDATE quarantine SET state = 'REPLAY_ASKED' WHERE id = %s", (quarantine_id,))
    if body is not None:
        sealed = crypto.encrypt(body, place=quarantine_place(quarantine_id))
        connection.execute("UPDATE quarantine SET body_encrypted = %s WHERE id = %s", (sealed, quarantine_id))


def outcome(connection, quarantine_id):
    return connection.execute("SELECT state, outcome FROM quarantine WHERE id = %s", (quarantine_id,)).fetchone()


def again(queue, connection):
    return Replayer(lambda: connection, queue).once(connection)


def test_a_mended_push_is_taken_and_settled(queue, connection):
    number = facts.fresh_number()
    kept = keep(queue, connection, push(number, com="dhl"), number=number)
    ask(connection, kept, push(number))

    assert again(queue, connection) >= 1

    assert outcome(connection, kept) == (
        "REPLAYED",
        {"counts": {"accepted": 1, "duplicate": 0, "rejected": 0}, "refusals": []},
    )
    assert connection.execute("SELECT count(*) FROM scan WHERE waybill_no = %s", (number,)).fetchone() == (1,)


def test_what_still_cannot_be_read_goes_back_with_its_fault(queue, connection):
    number = facts.fresh_number()
    kept = keep(queue, connection, push(number, com="dhl"), number=number)
    ask(connection, kept)

    again(queue, connection)

    state, told = outcome(connection, kept)
    assert (state, told["code"], told["reason"]) == ("OPEN", "quarantine.still_unreadable", "carrier.unknown")


def test_taking_it_twice_is_a_duplicate(queue, connection):
    number = facts.fresh_number()
    kept = keep(queue, connection, push(number), number=number)
    for _ in range(2):
        ask(connection, kept)
        again(queue, connection)

    assert outcome(connection, kept)[1]["counts"] == {"accepted": 0, "duplicate": 1, "rejected": 0}


def test_a_busy_queue_leaves_the_wish_standing(connection, queue):
    number = facts.fresh_number()
    kept = keep(queue, connection, push(number), number=number)
    ask(connection, kept)

    class Busy:
        def submit(self, submission):
            raise Draining

    again(Busy(), connection)
    assert outcome(connection, kept)[0] == "REPLAY_ASKED"

    again(queue, connection)
    assert outcome(connection, kept)[0] == "REPLAYED"


def test_a_replayer_watches_until_it_is_stopped(queue, connection, runtime_dsn):
    number = facts.fresh_number()
    kept = keep(queue, connection, push(number), number=number)
    ask(connection, kept)
    replayer = Replayer(lambda: psycopg.connect(runtime_dsn, autocommit=True), queue)

    replayer.start()
    for _ in range(100):
        if outcome(connection, kept)[0] == "REPLAYED" or replayer._stop.wait(0.05):
            break
    replayer.stop()

    assert outcome(connection, kept)[0] == "REPLAYED"


def test_every_payload_of_ours_comes_back_as_it_was():
    shop = Sender(SENDER, frozenset())
    items = [
        *pushes.kuaidi100_items(push("YT1"), shop).items,
        *pushes.kuaidi100_items(push("YT1"), shop).items[0].scans,
    ]
    for item in items:
        body = json.dumps(json.loads(_encoded(item))).encode()

        assert decode_for_replay(body=body, detail={}, facts=SENDER).items == (item,)


def test_a_mended_payload_is_named_by_what_it_says_now():
    listed = pushes.kuaidi100_items(push("YT1"), Sender(SENDER, frozenset())).items[0]
    later = listed.scans[0].occurred_at + 60_000_000
    wanted = msgspec.structs.replace(
        listed.scans[0],
        occurred_at=later,
        variant=identity.variant(occurred_at=later, code="1", division="", flags=listed.scans[0].flags),
    )

    of_one = json.loads(_encoded(listed.scans[0])) | {"occurred_at": later}
    of_list = json.loads(_encoded(listed)) | {"scans": [of_one]}
    (scan,) = decode_for_replay(body=json.dumps(of_one).encode(), detail={}, facts=SENDER).items
    (mended,) = decode_for_replay(body=json.dumps(of_list).encode(), detail={}, facts=SENDER).items

    assert scan == wanted
    assert mended.scans == (wanted,)
    assert scan.variant != listed.scans[0].variant
    assert mended.digest == identity.list_digest([(scan.event_id, scan.variant)], pushed_at=listed.pushed_at)
    assert mended.digest != listed.digest


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"scans":1}', b'{"event_id":"x"}', b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_payload_stay_unreadable(body):
    with pytest.raises(StillUnreadable):
        decode_for_replay(body=body, detail={}, facts=SENDER)


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ([], "REPLAYED"),
        ([ItemResult(Result.DUPLICATE)], "REPLAYED"),
        ([ItemResult(Result.REJECTED, code="parcel.not_found")], "OPEN"),
        ([ItemResult(Result.REJECTED, code="tracking.time_out_of_range")], "REPLAYED"),
        ([ItemResult(Result.REJECTED, code="parcel.not_found"), ItemResult(Result.ACCEPTED)], "REPLAYED"),
    ],
    ids=["nothing to take", "there already", "refused", "kept anew by the writer", "partly taken"],
)
def test_when_a_piece_is_settled(results, state):
    assert settled(results)[0] == state


def _encoded(item):

    return msgspec.json.encode(item)
