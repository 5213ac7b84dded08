"""What the words of a scan reveal when a provider sends no status."""

import pytest

from yidao.rules import scans
from yidao.rules.scans import Kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("【杭州市】 已揽收", Kind.PICKED_UP, id="picked up"),
        pytest.param("快件已收件,扫描员是张三", Kind.PICKED_UP, id="received"),
        pytest.param("顺丰速运 已取件", Kind.PICKED_UP, id="fetched"),
        pytest.param("【广州白云网点】的李四揽件", Kind.PICKED_UP, id="taken on"),
        pytest.param("您的订单已下单,等待揽收", Kind.ORDERED, id="ordered and waiting is no pickup"),
        pytest.param("已预约揽件", Kind.ORDERED, id="a booked pickup is no pickup"),
        pytest.param("商家正在通知快递公司揽件,待揽收", Kind.ORDERED, id="to be picked up is no pickup"),
        pytest.param("快件到达【杭州转运中心】", Kind.IN_TRANSIT, id="arrived"),
        pytest.param("快件离开【杭州】已发往【成都】", Kind.IN_TRANSIT, id="left"),
        pytest.param("正在派件,请保持电话畅通", Kind.OUT_FOR_DELIVERY, id="out for delivery"),
        pytest.param("快件已放入丰巢柜,请及时取件", Kind.IN_LOCKER, id="in a locker"),
        pytest.param("已签收,签收人:本人", Kind.SIGNED, id="signed"),
        pytest.param("正在派送中,请准备签收", Kind.OUT_FOR_DELIVERY, id="prepare to sign is not signed"),
        pytest.param("收件人拒收", Kind.REJECTED, id="refused"),
        pytest.param("快件退回中", Kind.RETURNING, id="on the way back"),
        pytest.param("退回签收", Kind.RETURN_SIGNED, id="signed by the sender"),
        pytest.param("客户要求改日", None, id="words that reveal nothing"),
        pytest.param("", None, id="no words"),
    ],
)
def test_kind_from_text(text, expected):
    assert scans.kind_from_text(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("外包装破损", Kind.DAMAGED, id="broken"),
        pytest.param("包裹污损,已重新包装", Kind.DAMAGED, id="soiled"),
        pytest.param("纸箱变形", Kind.DAMAGED, id="deformed"),
        pytest.param("快件丢失", Kind.LOST, id="lost"),
        pytest.param("疑似遗失", Kind.LOST, id="mislaid"),
        pytest.param("破损后遗失", Kind.LOST, id="broken and lost is lost"),
        pytest.param("已签收", None, id="nothing wrong"),
        pytest.param("外包装无破损,已签收", None, id="no damage"),
        pytest.param("检查完毕,未破损", None, id="not damaged"),
        pytest.param("外包装没有明显变形", None, id="not visibly deformed"),
        pytest.param("未发现包裹破损", None, id="no damage found"),
        pytest.param("包裹完好,无破损、污损或变形", None, id="none of a whole list"),
        pytest.param("无破损,无变形", None, id="denied twice"),
        pytest.param("如有破损请当面拒收", None, id="if it is damaged"),
        pytest.param("请轻放,防止破损", None, id="lest it be damaged"),
        pytest.param("正在核实快件是否丢失", None, id="asked whether it is lost"),
        pytest.param("快件未丢失,正在派送", None, id="not lost"),
        pytest.param("未丢失,外包装破损", Kind.DAMAGED, id="not lost but damaged"),
        pytest.param("内件无变形;外包装破损", Kind.DAMAGED, id="the goods are well, the box is not"),
        pytest.param("无法派送,包裹破损", Kind.DAMAGED, id="a denial of something else"),
        pytest.param("收件人未签收,破损退回", Kind.DAMAGED, id="not signed because damaged"),
    ],
)
def test_keyword_flag(text, expected):
    assert scans.keyword_flag(text) is expected
