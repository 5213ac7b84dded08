"""Live news: who hears of what, how a stream ends, and what happens when the database goes away."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import psycopg
import pytest

from yidao.kit import clock, crypto
from yidao.web import live

PATIENCE = 8.0


class Client:
    """A browser's side of one stream: what it was sent, and when it leaves."""

    def __init__(self, hub: live.Hub, ticket: str, *, method: str = "GET") -> None:
        self.status = 0
        self.sent = b""
        self.changed = asyncio.Event()
        self.left = asyncio.Event()
        scope = {"type": "http", "method": method, "path": "/live", "query_string": f"ticket={ticket}".encode()}
        self.task = asyncio.ensure_future(hub.stream(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, object]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, object]) -> None:
        self.status = message.get("status", self.status)
        self.sent += message.get("body", b"")
        self.changed.set()

    @property
    def news(self) -> int:
        return self.sent.count(live.NEWS)

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_true():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.05)

    async def opened(self) -> "Client":
        await self.until(lambda: live.HELLO in self.sent)
        return self


def ticket(orgs: str, *, seconds: int = 60, user: int = 1) -> str:
    return crypto.sign_until(f"{user}/{orgs}", purpose="live", expires_at=clock.real_now() + timedelta(seconds=seconds))


@contextlib.asynccontextmanager
async def running(dsn: str) -> AsyncIterator[live.Hub]:
    hub = live.Hub(lambda: dsn)
    await hub.start()
    async with asyncio.timeout(PATIENCE):
        while not hub.is_listening:
            await asyncio.sleep(0.01)
    try:
        yield hub
    finally:
        await hub.stop()


def tell(dsn: str, **notice: object) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_notify('yidao_parcels', %s)", (json.dumps(notice),))


def run(case: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(case(), 30))


def test_news_reaches_only_those_whose_organisations_it_touched(runtime_dsn: str) -> None:
    async def case() -> None:
        async with running(runtime_dsn) as hub:
            own, other = await Client(hub, ticket("11,12")).opened(), await Client(hub, ticket("13")).opened()
            operator = await Client(hub, ticket("*")).opened()

            await asyncio.to_thread(tell, runtime_dsn, orgs=[12, 99], all=False)
            await own.until(lambda: own.news == 1)
            await operator.until(lambda: operator.news == 1)
            await asyncio.to_thread(tell, runtime_dsn, orgs=[], all=True)
            await other.until(lambda: other.news == 1)

            assert other.news == 1

    run(case)


def test_one_user_cannot_take_every_stream(runtime_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS_OF_USER_MAX", 2)

    async def case() -> None:
        async with running(runtime_dsn) as hub:
            first = await Client(hub, ticket("11")).opened()
            await Client(hub, ticket("12")).opened()
            third = Client(hub, ticket("11"))
            await third.until(lambda: third.status != 0)
            assert third.status == 429

            await Client(hub, ticket("11", user=2)).opened()
            first.left.set()
            await first.task
            await Client(hub, ticket("11")).opened()

    run(case)


def test_a_burst_of_notices_is_one_piece_of_news(runtime_dsn: str) -> None:
    async def case() -> None:
        async with running(runtime_dsn) as hub:
            reader = await Client(hub, ticket("11")).opened()

            for _ in range(1000):
                hub.hear('{"orgs":[11],"all":false}')
            await reader.until(lambda: reader.news >= 1)
            await asyncio.sleep(live.PACE_SECONDS * 1.6)

            assert reader.news == 1

    run(case)


@pytest.mark.parametrize(
    ("given", "method", "status"),
    [
        pytest.param(lambda: "", "GET", 403, id="no ticket"),
        pytest.param(lambda: "%e9%ff", "GET", 403, id="a ticket of strange bytes"),
        pytest.param(lambda: "a&" * 50, "GET", 403, id="an address of many fields"),
        pytest.param(lambda: "A" * 20_000, "GET", 403, id="a ticket far too long"),
        pytest.param(lambda: ticket("11", seconds=-1), "GET", 403, id="a ticket that ran out"),
        pytest.param(lambda: crypto.sign("99999999999|11", purpose="cursor"), "GET", 403, id="a cursor as ticket"),
        pytest.param(lambda: ticket("11"), "POST", 405, id="another method"),
    ],
)
def test_a_stream_is_refused_to(runtime_dsn: str, given: Callable[[], str], method: str, status: int) -> None:
    async def case() -> None:
        client = Client(live.Hub(lambda: runtime_dsn), given(), method=method)
        await client.task

        assert client.status == status

    run(case)


def test_streams_end_at_once_when_the_process_is_told_to_stop(runtime_dsn: str) -> None:
    async def case() -> None:
        async with running(runtime_dsn) as hub:
            readers = [await Client(hub, ticket("11")).opened() for _ in range(5)]

            hub.end_streams()
            await asyncio.wait_for(asyncio.gather(*(each.task for each in readers)), 1.0)
            late = Client(hub, ticket("11"))
            await late.task

            assert late.status == 503

    run(case)


def test_who_lost_something_is_out_at_once_and_nobody_else(runtime_dsn: str) -> None:
    async def case() -> None:
        async with running(runtime_dsn) as hub:
            lost = [await Client(hub, ticket(orgs, user=7)).opened() for orgs in ("11", "*")]
            other = await Client(hub, ticket("11", user=77)).opened()

            await asyncio.to_thread(tell, runtime_dsn, out=[7])
            await asyncio.wait_for(asyncio.gather(*(each.task for each in lost)), 2.0)
            await asyncio.to_thread(tell, runtime_dsn, orgs=[11], all=False)
            await other.until(lambda: other.news == 1)

            assert [each.news for each in lost] == [0, 0]
            assert {reader.user for reader in hub._readers} == {"77"}

    run(case)


def test_a_reader_who_leaves_is_forgotten(runtime_dsn: str) -> None:
    async def case() -> None:
        async with running(runtime_dsn) as hub:
            reader = await Client(hub, ticket("11")).opened()

            reader.left.set()
            await asyncio.wait_for(reader.task, 2.0)

            assert hub._readers == set()
            assert hub._by_organisation == {}

    run(case)


def test_a_lost_database_is_listened_to_again_and_everybody_looks_once(runtime_dsn: str, owner_dsn: str) -> None:
    def cut() -> None:
        with psycopg.connect(owner_dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN yidao_parcels%'"
            )

    async def case() -> None:
        async with running(runtime_dsn) as hub:
            reader = await Client(hub, ticket("11")).opened()

            await asyncio.to_thread(cut)
            await reader.until(lambda: reader.news == 1)
            await asyncio.to_thread(tell, runtime_dsn, orgs=[11], all=False)
            await reader.until(lambda: reader.news == 2)

    run(case)
