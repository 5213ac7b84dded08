"""The data start of the monitor: which version says it, and what publishing another one changes."""

from datetime import datetime

import pytest

from tests.policies.test_publishing import NOW, OPERATOR, draft
from yidao.parcels import scope
from yidao.policies import services
from yidao.rules import monitor

LATER = datetime.fromisoformat("2022-08-01T00:00:00+08:00")
NEW_START = datetime.fromisoformat("2022-06-01T00:00:00+08:00")


@pytest.mark.django_db
def test_the_data_start_is_the_one_of_the_shipped_version_in_one_statement(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        found = scope.data_start(NOW)

    assert found == datetime.fromisoformat("2021-10-29T00:00:00+08:00")


@pytest.mark.django_db
def test_a_further_version_moves_the_data_start_for_everything_from_its_hour_on() -> None:
    body = monitor.to_body(monitor.MONITOR_DOUYIN_2021) | {"data_start": NEW_START.isoformat()}
    wanted = draft(family="monitor", profile="douyin-2021", body=body, effective_from=LATER)

    name = services.publish(wanted, expected_name="monitor/douyin-2021/2", actor=OPERATOR, now=NOW, real_now=NOW)

    assert scope.policy(NOW).version == "monitor/douyin-2021/1"
    assert (scope.policy(LATER).version, scope.data_start(LATER)) == (name, NEW_START)
