"""The columns of order files: what each is called in our template, what else people call it, and an example."""

from pathlib import Path
from typing import Final

from yidao.kit import sheets
from yidao.kit.sheets import Column

ORDERS: Final = (
    Column("shop_id", "店铺编号", ("店铺id", "商家id", "商家编号", "shop", "shop id"), True, "123456789012345678"),
    Column(
        "order_no",
        "订单编号",
        ("订单号", "主订单编号", "父订单编号", "主订单号", "交易号", "order", "order number"),
        True,
        "O-1",
    ),
    Column("line_order_no", "子订单编号", ("子订单号", "子单号", "商品单号", "sku order"), False, ""),
    Column("state", "订单状态", ("状态", "交易状态", "status", "order status"), False, "待发货"),
    Column(
        "ordered_at",
        "下单时间",
        ("订单提交时间", "订单创建时间", "创建时间", "拍下时间", "成交时间", "order time"),
        False,
        "2022-06-19 20:58:00",
    ),
    Column(
        "paid_at",
        "支付时间",
        ("付款时间", "订单支付时间", "支付完成时间", "订单付款时间", "pay time", "paid"),
        False,
        "2022-06-19 21:00:00",
    ),
    Column(
        "promised", "承诺发货时间", ("最晚发货时间", "承诺发货", "发货时效", "预计发货时间", "promise"), False, "48小时"
    ),
    Column("shipped_at", "发货时间", ("实际发货时间", "出库时间"), False, ""),
    Column(
        "ended_at", "完成时间", ("订单完成时间", "交易成功时间", "确认收货时间", "订单关闭时间", "取消时间"), False, ""
    ),
    Column("changed_at", "更新时间", ("状态更新时间", "修改时间", "最后修改时间", "updated at"), False, ""),
    Column(
        "product_name",
        "选购商品",
        ("商品", "商品名称", "商品标题", "货品", "货品名称", "宝贝标题", "product"),
        False,
        "真丝睡衣",
    ),
    Column(
        "sku_name", "商品规格", ("规格", "规格名称", "商品属性", "颜色尺码", "sku属性", "sku name"), False, "藕粉 M"
    ),
    Column("product_id", "商品ID", ("商品编号", "商品编码", "宝贝id", "product code"), False, ""),
    Column("sku_id", "规格ID", ("规格编码", "skuid", "sku编码", "sku"), False, ""),
    Column("merchant_code", "商家编码", ("商家规格编码", "外部编码", "货号", "merchant code"), False, ""),
    Column("quantity", "商品数量", ("数量", "件数", "购买数量", "宝贝总数量", "qty"), False, "1"),
    Column("price", "商品单价", ("单价", "价格", "price"), False, "199.00"),
    Column("goods", "商品金额", ("商品总价", "宝贝总价", "商品总额", "amount"), False, ""),
    Column(
        "paid_amount",
        "订单应付金额",
        ("实付金额", "应付金额", "买家实际支付金额", "买家实付", "实收金额", "paid amount"),
        False,
        "199.00",
    ),
    Column("freight", "运费", ("快递费", "邮费", "买家应付邮费", "freight"), False, "0.00"),
    Column("receiver_name", "收件人", ("收货人", "收件人姓名", "收货人姓名", "receiver"), False, "张三丰"),
    Column(
        "receiver_phone",
        "收件人手机号",
        ("收件人手机", "收货人手机号", "收货人手机", "收件人电话", "联系手机", "联系电话", "手机号", "手机", "phone"),
        False,
        "13812345678",
    ),
    Column("province", "省", ("省份", "收件省", "省/直辖市"), False, ""),
    Column("city", "市", ("城市", "收件市"), False, ""),
    Column("county", "区", ("区县", "区/县", "收件区", "县"), False, ""),
    Column("town", "街道", ("乡镇", "街道/乡镇"), False, ""),
    Column(
        "address",
        "详细地址",
        ("收货地址", "收件地址", "收件人地址", "收货人地址", "地址", "address"),
        False,
        "浙江省杭州市西湖区文三路 90 号",
    ),
    Column("receiver_division", "收件区划", ("收货区划", "收件地区编码", "收货地编码", "receiver adcode"), False, ""),
    Column("sender_division", "发件区划", ("发货区划", "发货地编码", "sender adcode"), False, ""),
    Column("buyer_remark", "买家留言", ("买家备注", "留言", "buyer remark"), False, ""),
    Column("creator_id", "达人编号", ("达人id", "主播id", "主播编号", "author id", "creator")),
    Column("self_sold", "自卖", ("是否自卖", "小店自卖"), example="否"),
    Column("cross_border", "跨境", ("是否跨境", "跨境订单"), example="否"),
    Column("room_id", "直播场次", ("直播间", "场次", "直播间编号", "直播间id", "场次编号", "room")),
)

GIVEN_TO_SHOPS: Final = frozenset({"shop_id"})
"""What a shop's own file need not say."""


def write_template(path: Path) -> None:
    """Write an empty order file for a shop with one example row."""
    sheets.write_template(path, [column for column in ORDERS if column.field not in GIVEN_TO_SHOPS])
