"""
The stage of a journey on the order side: one shop, the platform, and business time that stands where the story says.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.orders import life
from tests.web import browsing, cast
from tests.web.test_browser_journey import user
from yidao.accounts import services
from yidao.accounts.ids import OrganisationId
from yidao.accounts.models import Organisation
from yidao.kit.models import DemoClock

LANGUAGE: Final = "zh-hans"
LOCALE: Final = "zh-CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running processes and who is there; `token` is the platform's own system."""

    web: str
    intake: str
    shop: OrganisationId
    alice: str
    olga: str
    token: str


def stand(now: datetime) -> None:
    """Let business time stand at an instant."""
    told = {"base_real": now, "base_sim": now, "rate": 1.0, "is_running": False}
    DemoClock.objects.update_or_create(defaults=told)


@contextmanager
def staged(folder: Path, *, now: datetime) -> Iterator[Stage]:
    """Run the pages and the port of machines, at first at `now`, with a shop and a platform nobody else has."""
    browsing.chromium()
    shop = cast.organisation(Organisation.Kind.SHOP, "花间集")
    platform = cast.organisation(Organisation.Kind.PLATFORM, "平台")
    _, alice = user("alice", shop, LANGUAGE)
    _, olga = user("olga", platform, LANGUAGE)
    _, token = services.create_credential(
        organisation_id=platform, name="marketplace", scopes=("orders:write",), now=now, real_now=now
    )
    ports = {"YIDAO_WEB_PORT": str(browsing.free_port()), "YIDAO_INTAKE_PORT": str(browsing.free_port())}
    web, intake = (f"http://localhost:{port}" for port in ports.values())
    stand(now)
    try:
        with ExitStack() as stack:
            logs = {name: folder / f"{name}.log" for name in ("web", "intake")}
            for name, log in logs.items():
                stack.enter_context(browsing.process(name, log, **ports))
            browsing.wait_until_ready(web, logs["web"])
            browsing.wait_until_ready(intake, logs["intake"])
            yield Stage(web=web, intake=intake, shop=shop, alice=alice, olga=olga, token=token)
    finally:
        DemoClock.objects.all().delete()
        life.settle(shop)
