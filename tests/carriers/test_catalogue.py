"""The catalogue of carriers and its aliases."""

import pytest

from yidao.carriers import catalogue


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        pytest.param("yuantong", "yuantong", id="most codes are the same"),
        pytest.param("YuanTong ", "yuantong", id="case and blanks do not matter"),
        pytest.param("debangkuaidi", "debangwuliu", id="De Bang by its code there"),
        pytest.param("debangwuliu", "debangwuliu", id="De Bang by its other code"),
        pytest.param("dhl", None, id="an unknown carrier stays unknown"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_kuaidi100_codes(code, ours):
    assert catalogue.from_kuaidi100(code) == ours


@pytest.mark.parametrize(
    ("code", "ours"), [("YTO", "yuantong"), ("sf", "shunfeng"), ("DBL", "debangwuliu"), ("XX", None), ("", None)]
)
def test_kdniao_codes(code, ours):
    assert catalogue.from_kdniao(code) == ours


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("圆通速递", "yuantong"),
        ("圆通", "yuantong"),
        ("YTO", "yuantong"),
        ("Yuantong", "yuantong"),
        ("顺丰", "shunfeng"),
        ("德邦", "debangwuliu"),
        ("不知道", None),
        ("", None),
    ],
)
def test_what_people_write_in_files(written, ours):
    assert catalogue.from_written(written) == ours


def test_every_carrier_is_found_by_each_of_its_codes():
    for carrier in catalogue.CARRIERS:
        assert catalogue.from_written(carrier.code) == catalogue.from_written(carrier.name) == carrier.code
        assert not carrier.kuaidi100_code or catalogue.from_kuaidi100(carrier.kuaidi100_code) == carrier.code
        assert not carrier.kdniao_code or catalogue.from_kdniao(carrier.kdniao_code) == carrier.code


@pytest.mark.parametrize(
    ("carrier", "number", "is_usual"),
    [
        ("yuantong", "YT0000000000001", True),
        ("jtexpress", "YT0000000000001", False),
        ("shunfeng", "SF1023574470215", True),
        ("annto", "anything", True),
    ],
)
def test_unusual_numbers_are_only_remarked_on(carrier, number, is_usual):
    assert catalogue.looks_usual(carrier, number) is is_usual
