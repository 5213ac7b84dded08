"""The market's fixed cast and its tables: cities, shops, creators, carriers with their rhythm, couriers' words."""

import csv
import importlib.resources
import math
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

HOUR: Final = 3600
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """One city with some of its counties; `weight` says how many buyers live there, coordinates give distances."""

    code: str
    name: str
    latitude: float
    longitude: float
    weight: int
    counties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop of the demo; `weight` is its share of all parcels, `carriers` are weighted indices into CARRIERS."""

    key: str
    name: str
    city: str
    weight: float
    is_cross_border: bool = False
    carriers: tuple[int, ...] = (0, 0, 1, 1, 2, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """A creator of the demo; those with the same `agency` belong to one MCN."""

    key: str
    name: str
    weight: float
    agency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """
    A carrier's habits.

    Pickup waves (local hours), how long its scans take to arrive (seconds), how slow its trucks are, how often it
    leaves out a scan (percent), by how much its handhelds run ahead (seconds), whether it names its events, and which
    part of its traces begins with the order.
    """

    code: str
    name: str
    short: str
    kdniao: str
    prefix: str
    digits: int
    waves: tuple[int, ...]
    lag: tuple[int, int]
    speed: float
    skips: int
    skew: int
    names_events: bool
    orders: float = 0.02


CARRIERS: Final = (
    Carrier(
        code="zhongtong",
        name="中通快递",
        short="中通",
        kdniao="ZTO",
        prefix="75",
        digits=12,
        waves=(11, 16, 20),
        lag=(40, 400),
        speed=1.0,
        skips=45,
        skew=0,
        names_events=True,
    ),
    Carrier(
        code="shentong",
        name="申通快递",
        short="申通",
        kdniao="STO",
        prefix="77",
        digits=13,
        waves=(12, 18, 21),
        lag=(400, 2600),
        speed=1.12,
        skips=60,
        skew=0,
        names_events=False,
    ),
    Carrier(
        code="yuantong",
        name="圆通速递",
        short="圆通",
        kdniao="YTO",
        prefix="YT",
        digits=13,
        waves=(11, 17, 20),
        lag=(120, 900),
        speed=1.04,
        skips=55,
        skew=0,
        names_events=False,
    ),
    Carrier(
        code="yunda",
        name="韵达快递",
        short="韵达",
        kdniao="YD",
        prefix="46",
        digits=13,
        waves=(13, 18, 21),
        lag=(300, 1300),
        speed=1.08,
        skips=55,
        skew=-240,
        names_events=False,
    ),
    Carrier(
        code="shunfeng",
        name="顺丰速运",
        short="顺丰",
        kdniao="SF",
        prefix="SF1",
        digits=12,
        waves=(9, 11, 13, 15, 17, 19, 21),
        lag=(15, 90),
        speed=0.72,
        skips=25,
        skew=0,
        names_events=True,
    ),
    Carrier(
        code="jd",
        name="京东物流",
        short="京东",
        kdniao="JD",
        prefix="JDX0",
        digits=11,
        waves=(9, 12, 15, 18, 21),
        lag=(20, 150),
        speed=0.78,
        skips=30,
        skew=360,
        names_events=True,
        orders=0.5,
    ),
)

SHOPS: Final = (
    Shop(key="alice", name="桃源里旗舰店", city="330100", weight=30),
    Shop(key="charlie", name="青禾家居专营店", city="440100", weight=14, carriers=(0, 1, 1, 2, 3, 3)),
    Shop(key="orchard", name="秦岭果园", city="610100", weight=8, carriers=(0, 2, 4, 4, 5)),
    Shop(key="weaver", name="云织女装", city="320500", weight=11, carriers=(0, 1, 2, 2, 3)),
    Shop(key="dew", name="晨露美妆", city="310100", weight=9, carriers=(0, 2, 4, 5)),
    Shop(key="bazaar", name="义乌百货汇", city="330700", weight=10, carriers=(0, 1, 1, 2, 3, 3)),
    Shop(key="sole", name="闽江鞋业", city="350500", weight=7, carriers=(0, 1, 2, 3)),
    Shop(key="overseas", name="远帆海外专营店", city="440300", weight=3, is_cross_border=True, carriers=(0, 4, 5)),
    Shop(key="newcomer", name="初见小铺", city="430100", weight=0.04, carriers=(3,)),
    Shop(key="oasis", name="天山干果行", city="650100", weight=2, carriers=(0, 2, 4)),
    Shop(key="pepper", name="蜀香零食", city="510100", weight=6, carriers=(0, 1, 2, 3, 5)),
    Shop(key="river", name="江城数码", city="420100", weight=5, carriers=(4, 5, 5, 0)),
)

CREATORS: Final = (
    Creator(key="dana", name="达娜的直播间", weight=22),
    Creator(key="breeze", name="清风好物", weight=9),
    Creator(key="maple", name="枫叶妈妈", weight=8, agency="lighthouse"),
    Creator(key="tide", name="潮汐测评", weight=7, agency="lighthouse"),
    Creator(key="lantern", name="灯笼街美食", weight=6, agency="lighthouse"),
    Creator(key="harbor", name="港湾严选", weight=5),
    Creator(key="meadow", name="草原日记", weight=3),
    Creator(key="summit", name="山顶数码", weight=2),
)

PRODUCTS: Final = {
    "alice": ("真丝睡衣两件套", "蚕丝夏凉被", "龙井明前茶 250g", "手绘油纸伞", "桂花藕粉礼盒", "竹编收纳篮"),
    "charlie": ("乳胶枕一对装", "遮光窗帘 定制", "北欧落地灯", "可折叠晾衣架", "免打孔置物架"),
    "orchard": ("洛川苹果 10斤", "周至猕猴桃 24枚", "临潼石榴 6枚", "大荔冬枣 5斤"),
    "weaver": ("香云纱连衣裙", "苏绣披肩", "新中式马甲", "棉麻阔腿裤", "桑蚕丝衬衫"),
    "dew": ("烟酰胺精华 30ml", "氨基酸洁面乳", "修护面膜 20片", "哑光口红 豆沙色", "防晒乳 SPF50"),
    "bazaar": ("一次性雨衣 10件", "手机支架", "儿童贴纸书", "厨房硅胶铲", "旅行分装瓶"),
    "sole": ("透气跑步鞋", "老爹鞋 厚底", "儿童凉鞋", "工装马丁靴"),
    "overseas": ("澳洲奶粉 900g", "日本眼霜 15g", "法国香水 50ml"),
    "newcomer": ("手作香薰蜡烛", "刺绣帆布包"),
    "oasis": ("若羌灰枣 1kg", "吐鲁番葡萄干 500g", "纸皮核桃 1kg", "无花果干 250g"),
    "pepper": ("麻辣牛肉干", "冷吃兔", "郫县豆瓣酱", "自热火锅", "灯影牛肉丝"),
    "river": ("蓝牙耳机 降噪", "快充充电器 65W", "机械键盘 87键", "手机壳 防摔"),
}
"""What each shop sells; a parcel's key decides which of it."""
ONE_OF_A_KIND: Final = ("紫砂壶", "手绘瓷盘", "老银镯", "木雕摆件", "缂丝团扇", "漆器茶盘")
"""Things of which a shop has one each."""
SHOWS_A_DAY: Final = 2
"""Live shows of a creator on a day, in the afternoon and in the evening; what is not sold in one comes from a video."""

STORM_CITIES: Final = ("150700", "150100", "640100", "620900", "520300", "650100")

# What couriers write; the place is filled in. Pickup and delivery also name a person and a phone (masked at the door).
TEXTS: Final = {
    "ORDERED": "商家已下单,等待揽收",
    "PICKED_UP": "【{}】已揽收",
    "DEPARTED_ORIGIN": "【{}】已发出",
    "IN_TRANSIT": "快件在途经【{}】",
    "ARRIVED_HUB": "快件已到达【{}】",
    "DEPARTED_HUB": "快件离开【{}】",
    "ARRIVED_CITY": "快件已到达目的城市【{}】",
    "ARRIVED_OUTLET": "快件已到达【{}】",
    "FORWARDED": "快件由【{}】转寄",
    "OUT_FOR_DELIVERY": "【{}】正在派件",
    "REDELIVERY": "【{}】重新派送",
    "TAKEN_FROM_LOCKER": "【{}】快件已取出",
    "IN_LOCKER": "快件已存放至【{}】智能柜,请凭取件码取件",
    "LOCKER_OVERDUE": "【{}】快件超时未取",
    "SIGNED": "【{}】已签收,签收人:本人",
    "SIGNED_AFTER_EXCEPTION": "【{}】派件异常后签收",
    "SIGNED_AT_LOCKER": "【{}】客户已从智能柜取件",
    "REJECTED": "【{}】收件人拒收",
    "RETURNING": "【{}】快件退回中",
    "RETURN_SIGNED": "【{}】退件已签收",
    "INTERCEPTED": "【{}】快件已被拦截",
    "VOIDED": "运单已取消",
    "CUSTOMS_PENDING": "【{}】等待清关",
    "CUSTOMS_PROCESSING": "【{}】清关中",
    "CUSTOMS_CLEARED": "【{}】清关完成",
    "CUSTOMS_FAILED": "【{}】清关异常",
    "PROBLEM": "【{}】疑难件,客服核实中",
    "NO_INFO": "已发货,暂无物流信息",
    "ADVISED_NOT_SIGNED": "超时未签收提醒",
    "ADVISED_NOT_UPDATED": "超时未更新提醒",
    "DELIVERY_PROBLEM": "【{}】派件异常,改约派送",
    "DELIVERY_DELAYED": "【{}】派送延迟",
    "UNREACHABLE_CONTACT": "【{}】电话无人接听,无法联系收件人",
    "ADDRESS_UNCLEAR": "【{}】地址不详",
    "PHONE_WRONG": "【{}】收件人电话有误",
    "OUT_OF_AREA": "【{}】收件地址超出派送范围",
    "DETAINED": "【{}】快件滞留,待恢复后中转",
    "DAMAGED": "【{}】发现外包装变形,内件破损待核实",
    "MISSORTED": "【{}】快件错分,正在转回",
    "LOST": "【{}】快件疑似遗失,查找中",
}  # fmt: skip


def dice(seed: int) -> Random:
    """Return a generator that always throws the same for the same seed."""
    return Random(seed)  # noqa: S311  the market plays, it keeps no secrets


SURNAMES: Final = "王李张刘陈杨赵黄周吴"


@lru_cache(maxsize=1)
def cities() -> tuple[City, ...]:
    """Return the demo's cities, in the order of their table."""
    text = importlib.resources.files("yidao.market").joinpath("data/cities.csv").read_text("utf-8")
    return tuple(
        City(
            code=row["code"],
            name=row["name"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            weight=int(row["weight"]),
            counties=tuple((county[:6], county[7:]) for county in row["counties"].split(";")),
        )
        for row in csv.DictReader(text.splitlines())
    )


@lru_cache(maxsize=1)
def city_by_code() -> dict[str, City]:
    """Return the cities by their code."""
    return {city.code: city for city in cities()}


@lru_cache(maxsize=8192)
def haul_hours(sender: str, receiver: str) -> float:
    """Return the hours a truck needs between two cities of the table, handling included."""
    here, there = city_by_code()[sender], city_by_code()[receiver]
    east = (here.longitude - there.longitude) * 111 * math.cos(math.radians((here.latitude + there.latitude) / 2))
    north = (here.latitude - there.latitude) * 111
    return 5 + 1.25 * math.hypot(east, north) / 62
