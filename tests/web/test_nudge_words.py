"""Every code of stepping in has words in both languages, and every notice can be told in both."""

import re

import pytest
from django.utils import translation

from yidao.notices import kinds
from yidao.parcels import stepping
from yidao.parcels.nudge_models import CarrierTicketMessage, NudgeMessage
from yidao.rules.nudging import Answer, Finding, LeftOut, Note, State
from yidao.web.shared import nudge_words

TABLES = {
    "note": Note,
    "answer": Answer,
    "finding": Finding,
    "nudge_state": State,
    "ticket_state": State,
    "left_out": LeftOut,
    "side": [*NudgeMessage.Side.values, *CarrierTicketMessage.Side.values],
    "deed": [*NudgeMessage.Kind.values, *CarrierTicketMessage.Kind.values],
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
KINDS = [value for value in vars(stepping).values() if isinstance(value, kinds.Kind)]


@pytest.mark.parametrize("table", TABLES)
def test_every_code_has_words(table) -> None:
    for code in TABLES[table]:
        with translation.override("en"):
            assert nudge_words.of(table, code) != code
        with translation.override("zh-hans"):
            assert CHINESE.search(nudge_words.of(table, code)), code


def test_a_code_is_told_whichever_side_it_is_from_and_an_unknown_one_as_it_is() -> None:
    with translation.override("zh-hans"):
        assert [nudge_words.said(each) for each in ("PLEASE_URGE", "RESENT", "URGED", "NEW_ONE", "")] == [
            "请催促快递",
            "已补发",
            "已催件",
            "NEW_ONE",
            "",
        ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_notice_can_be_told_in_both_languages(kind) -> None:
    assert kinds.of(kind.name) is kind
    wanted = set(re.findall(r"%\((\w+)\)s", kind.text))
    with translation.override("zh-hans"):
        told = translation.gettext(kind.text)

    assert set(re.findall(r"%\((\w+)\)s", told)) == wanted
    assert CHINESE.search(told)
