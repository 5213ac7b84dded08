"""Addresses as people write them, and the divisions they begin with."""

import pytest

from yidao.places import parsing
from yidao.places.parsing import Place


@pytest.mark.parametrize(
    ("address", "place"),
    [
        pytest.param("浙江省杭州市西湖区文三路 90 号", Place("330106", "文三路 90 号"), id="in one piece"),
        pytest.param("浙江 杭州 西湖区 文三路", Place("330106", "文三路"), id="with blanks and without suffixes"),
        pytest.param("北京市 北京市 东城区 王府井", Place("110101", "王府井"), id="a municipality twice"),
        pytest.param("北京市东城区王府井", Place("110101", "王府井"), id="a municipality once"),
        pytest.param("上海上海市市辖区黄浦区南京路", Place("310101", "南京路"), id="with the data's placeholder"),
        pytest.param("重庆市县城口县葛城", Place("500229", "葛城"), id="with another placeholder"),
        pytest.param("广东省东莞市虎门镇", Place("441900", "虎门镇"), id="a city without districts"),
        pytest.param("河南省济源市天坛路", Place("419001", "天坛路"), id="a county right below its province"),
        pytest.param("河南省省直辖县级行政区划济源市", Place("419001", ""), id="and with its placeholder"),
        pytest.param("吉林省吉林市丰满区", Place("220211", ""), id="a city that is called as its province"),
        pytest.param("内蒙古自治区阿拉善盟阿拉善左旗巴彦浩特镇", Place("152921", "巴彦浩特镇"), id="a league"),
        pytest.param("四川省成都市天府大道", Place("510100", "天府大道"), id="no county told"),
        pytest.param("香港特别行政区中西区", Place("810000", "中西区"), id="no city known"),
        pytest.param("西湖区文三路", Place("", "西湖区文三路"), id="a county alone is never guessed at"),
        pytest.param(" 42 Example Street ", Place("", "42 Example Street"), id="somewhere else"),
        pytest.param("", Place("", ""), id="nothing"),
    ],
)
def test_an_address_begins_with_its_division(address: str, place: Place) -> None:
    assert parsing.read(address) == place
