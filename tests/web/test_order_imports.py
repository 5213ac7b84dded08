"""A shop brings a file of orders: it is read by a job, the bad rows come back, and nobody else sees any of it."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.web import cast
from yidao.accounts.models import User
from yidao.audit.models import AuditEntry
from yidao.files.models import FileChunk, StoredFile
from yidao.intake import tasks
from yidao.kit import clock, tables
from yidao.orders.models import Order, OrderImport

HEADER = "订单编号,支付时间,商品数量,选购商品,收件人,颜色偏好"


@dataclass(frozen=True)
class People:
    """Two shops and their owners, whom no other test knows."""

    shop: int
    other_shop: int
    alice: User
    charlie: User


@pytest.fixture
def people(committed_db: None) -> People:
    shop, other = cast.organisation(cast.Kind.SHOP, "花间集"), cast.organisation(cast.Kind.SHOP, "别家店")
    alice, charlie = cast.user("Alice", (shop, cast.Role.OWNER)), cast.user("Charlie", (other, cast.Role.OWNER))
    return People(shop, other, alice, charlie)


@pytest.fixture
def alice(people: People, client: Client) -> Client:
    client.force_login(people.alice)
    return client


def bring(client: Client, shop: int, text: str, *, name: str = "六月订单.csv") -> OrderImport:
    file = SimpleUploadedFile(name, text.encode("gb18030"), content_type="text/csv")
    answer = client.post(f"/m/{shop}/orders/import/upload/", {"file": file})
    assert (answer.status_code, answer["Location"]) == (303, f"/m/{shop}/orders/import/")
    return OrderImport.objects.filter(shop_id=shop).latest("id")


def test_a_file_is_read_by_a_job_and_its_bad_rows_come_back(people: People, alice: Client) -> None:
    made = bring(alice, people.shop, f"{HEADER}\nN1,2022/6/19 10:00,2,伞,张三丰,红\nN2,昨天,1,灯,李四,蓝\n")
    address = f"/m/{people.shop}/orders/import/"
    assert 'hx-target="#imports"' in alice.get(address).content.decode()

    tasks.read_order_file(made.id)

    page = alice.get(address).content.decode()
    assert 'hx-target="#imports"' not in page
    assert "颜色偏好" in page, "a column nobody reads is named"
    assert list(Order.objects.filter(shop_id=people.shop).values_list("order_no", "state")) == [("N1", "TO_SHIP")]
    answer = alice.get(f"{address}{made.id}/bad-rows/")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[1] == ["N2", "昨天", "1", "灯", "李四", "蓝", "3", "支付时间：不是 2000 至 2099 年间的时间"]
    made.refresh_from_db()
    assert (made.state, made.rows, made.accepted, made.rejected) == ("DONE", 2, 1, 1)
    assert not StoredFile.objects.filter(name="六月订单.csv", id=made.file_id).exists()
    acts = AuditEntry.objects.filter(organisation_id=people.shop).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["order.file_brought", "order.bad_rows_taken"]


def test_the_same_file_again_changes_nothing(people: People, alice: Client) -> None:
    text = f"{HEADER}\nN1,2022/6/19 10:00,2,伞,张三丰,红\n"
    for _ in range(2):
        made = bring(alice, people.shop, text)
        tasks.read_order_file(made.id)
        tasks.read_order_file(made.id)

    made.refresh_from_db()
    assert (made.accepted, made.duplicate, made.report_id) == (0, 1, None)
    assert Order.objects.filter(shop_id=people.shop).count() == 1


def test_what_cannot_be_read_says_why(people: People, alice: Client) -> None:
    made = bring(alice, people.shop, "甲,乙\n1,2\n")

    tasks.read_order_file(made.id)

    assert "订单编号" in alice.get(f"/m/{people.shop}/orders/import/").content.decode()
    made.refresh_from_db()
    assert (made.state, made.fault) == ("FAILED", "import.columns_missing")


def test_no_file_and_too_many_files_are_refused(people: People, alice: Client) -> None:
    address = f"/m/{people.shop}/orders/import/upload/"
    assert alice.post(address).status_code == 422
    for _ in range(3):
        bring(alice, people.shop, HEADER)

    file = SimpleUploadedFile("orders.csv", b"x")
    assert alice.post(address, {"file": file}).status_code == 409
    assert OrderImport.objects.filter(shop_id=people.shop).count() == 3


def test_a_file_that_was_never_read_to_its_end_is_given_up_after_a_day(people: People, alice: Client) -> None:
    for _ in range(3):
        bring(alice, people.shop, HEADER)
    OrderImport.objects.filter(shop_id=people.shop).update(queued_at=clock.real_now() - timedelta(hours=25))

    page = alice.get(f"/m/{people.shop}/orders/import/").content.decode()

    assert page.count("文件未能读完，请重新上传。") == 3
    bring(alice, people.shop, HEADER)


def test_a_file_that_was_damaged_is_said_to_be_unreadable(people: People, alice: Client) -> None:
    made = bring(alice, people.shop, HEADER)
    FileChunk.objects.filter(file_id=made.file_id).update(body_encrypted=b"damaged")

    tasks.read_order_file(made.id)

    made.refresh_from_db()
    assert (made.state, made.fault) == ("FAILED", "import.file_unreadable")


def test_bad_rows_are_the_shops_alone_and_only_for_a_day(people: People, alice: Client) -> None:
    made = bring(alice, people.shop, f"{HEADER}\nN2,昨天,1,灯,李四,蓝\n")
    tasks.read_order_file(made.id)

    stranger = Client()
    stranger.force_login(people.charlie)
    assert stranger.get(f"/m/{people.shop}/orders/import/{made.id}/bad-rows/").status_code == 404
    assert stranger.get(f"/m/{people.other_shop}/orders/import/{made.id}/bad-rows/").status_code == 404
    report = OrderImport.objects.get(id=made.id).report_id
    StoredFile.objects.filter(id=report).update(expires_at=made.queued_at)
    assert alice.get(f"/m/{people.shop}/orders/import/{made.id}/bad-rows/").status_code == 404


def test_the_template_can_be_brought_as_it_is(people: People, alice: Client, tmp_path) -> None:
    answer = alice.get(f"/m/{people.shop}/orders/import/template/")
    path = tmp_path / "template.xlsx"
    path.write_bytes(answer.content)

    table = tables.read(path)

    assert "店铺编号" not in table.columns
    (row,) = table.rows
    assert (row.cells["订单编号"], row.cells["承诺发货时间"]) == ("O-1", "48小时")


def test_the_page_costs_the_same_for_three_files_as_for_one(people: People, alice: Client) -> None:
    costs = []
    for _ in range(3):
        bring(alice, people.shop, HEADER)
        with CaptureQueriesContext(connection) as queries:
            alice.get(f"/m/{people.shop}/orders/import/")
        costs.append(len(queries))

    assert costs[1] == costs[2]


def test_who_may_not_edit_orders_brings_none(people: People) -> None:
    finance = cast.user("Fiona", (people.shop, cast.Role.FINANCE))
    client = Client()
    client.force_login(finance)

    for name in ("", "template/"):
        assert client.get(f"/m/{people.shop}/orders/import/{name}").status_code == 403
    file = SimpleUploadedFile("orders.csv", b"x")
    assert client.post(f"/m/{people.shop}/orders/import/upload/", {"file": file}).status_code == 403
    assert not OrderImport.objects.filter(shop_id=people.shop).exists()
