"""The pure half of the list-page engine: what an address asks, and what it says again."""

from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest

from yidao.kit.lists import columns, fields, pager
from yidao.kit.lists.fields import Chips, Combobox, Days, Fuzzy, Numbers, Option, Select, Text
from yidao.kit.lists.questions import Shape, address

STATUS = Chips(name="status", label="Status", options=tuple(Option(value=each, label=each) for each in "ABC"))
STATE = Select(
    name="state", label="State", options=tuple(Option(value=each, label=each) for each in "OX"), at_first=("O",)
)
SHAPE = Shape(
    fields=(
        STATUS,
        STATE,
        Combobox(name="carrier", label="Carrier", options=(Option(value="zt", label="ZTO"),)),
        Fuzzy(name="shop", label="Shop"),
        Numbers(name="order", label="Order"),
        Days(name="shipped", label="Shipped"),
        Text(name="tail", label="Tail", pattern=r"\d{4}"),
    ),
    sorts=("newest", "left"),
)


def read(query: str) -> Mapping[str, tuple[str, ...]]:
    return {name: each for name, each in SHAPE.read(parse_qs(query, keep_blank_values=True)).answers.items() if each}


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        pytest.param("", {"state": ("O",)}, id="a bare address asks for the defaults"),
        pytest.param("status=B&status=A", {"status": ("A", "B"), "state": ("O",)}, id="chips stand in their own order"),
        pytest.param("status=B&status=all", {"state": ("O",)}, id="the chip for everything clears the others"),
        pytest.param("status=&status=A", {"state": ("O",)}, id="also where it is told by an empty value"),
        pytest.param("state=all", {}, id="everything where the default is narrower"),
        pytest.param("state=X", {"state": ("X",)}, id="another single choice"),
        pytest.param("state=O&state=X", {"state": ("X",)}, id="a single choice is one"),
        pytest.param("state=", {"state": ("O",)}, id="an empty value is the default"),
        pytest.param("status=Q&carrier=zz&tail=12a4&shipped_from=2022-02-31", {"state": ("O",)}, id="nonsense is left"),
        pytest.param(
            "shop=+%E8%8A%B1%E9%97%B4+%00", {"shop": ("花间",), "state": ("O",)}, id="a name loses its blanks"
        ),
        pytest.param("tail=0042", {"tail": ("0042",), "state": ("O",)}, id="a tail that fits"),
        pytest.param(
            "order=1%092%0A3,,%EF%BC%8C2%3B4",
            {"order": ("1", "2", "3", "4"), "state": ("O",)},
            id="numbers however they were pasted, once each",
        ),
        pytest.param(
            "shipped_from=2022-6-1&shipped_until=x",
            {"shipped": ("2022-06-01", ""), "state": ("O",)},
            id="a range with one open end",
        ),
    ],
)
def test_what_an_address_asks(query: str, answers: Mapping[str, tuple[str, ...]]) -> None:
    assert read(query) == answers


@pytest.mark.parametrize(
    ("told", "again"),
    [
        pytest.param("", "", id="nothing for the defaults"),
        pytest.param("state=O&size=50&page=1&sort=newest", "", id="defaults are left out"),
        pytest.param("state=all", "state=all", id="an explicit everything stays"),
        pytest.param("status=all&carrier=", "", id="everything is left out where it is the default"),
        pytest.param("order=2%0A1", "order=2,1", id="numbers in one value"),
        pytest.param("page=3&size=100&sort=left", "sort=left&size=100&page=3", id="page, size and order"),
        pytest.param("page=3&after=xyz", "after=xyz", id="a cursor makes the page's number pointless"),
        pytest.param("page=201", "", id="no number beyond what is counted exactly"),
        pytest.param("page=0&size=7&sort=up", "", id="nonsense counts as not chosen"),
        pytest.param("shipped_until=2022-06-20", "shipped_until=2022-06-20", id="one end of a range"),
    ],
)
def test_what_an_address_says_again(told: str, again: str) -> None:
    assert SHAPE.write(SHAPE.read(parse_qs(told, keep_blank_values=True))) == again


def test_five_hundred_numbers_are_taken_and_no_more() -> None:
    question = SHAPE.read({"order": ["\n".join(map(str, range(600)))]})

    assert question.of("order") == tuple(map(str, range(fields.NUMBERS_MAX)))


def test_a_range_of_days_means_both_days_whole() -> None:
    start, end = SHAPE.read({"shipped_from": ["2022-06-18"], "shipped_until": ["2022-06-18"]}).span("shipped")

    assert (str(start), str(end)) == ("2022-06-18 00:00:00+08:00", "2022-06-19 00:00:00+08:00")
    assert fields.span(()) == (None, None)


def test_a_tab_takes_over_the_answers_that_both_lists_know() -> None:
    other = Shape(fields=(STATE, Numbers(name="order", label="Order")))
    asked = other.read({"state": ["X"], "order": ["1"], "page": ["4"]})

    assert SHAPE.write(SHAPE.shared(asked, ("order", "shop"))) == "order=1"


def test_a_changed_answer_begins_at_the_first_page() -> None:
    asked = SHAPE.read({"page": ["4"], "status": ["A"]})

    assert SHAPE.write(asked.changed("status", ())) == ""
    assert SHAPE.write(asked.at_first()) == "status=A"
    assert (asked.offset, asked.one("status"), asked.one("tail"), asked.of("nothing")) == (150, "A", "", ())
    assert SHAPE.is_narrowed(asked)
    assert not SHAPE.is_narrowed(asked.changed("status", ()))


def test_the_fingerprint_tells_filters_apart_and_pages_not() -> None:
    one, two = SHAPE.read({"status": ["A"]}), SHAPE.read({"status": ["A"], "page": ["2"]})

    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint() != SHAPE.read({"status": ["B"]}).fingerprint()


def test_an_address_has_no_lonely_question_mark() -> None:
    assert address("/x/", "") == "/x/"
    assert address("/x/", "a=1") == "/x/?a=1"


@pytest.mark.parametrize(
    ("page", "total", "shown"),
    [
        pytest.param(1, 50, (), id="one page has no numbers"),
        pytest.param(1, 0, (), id="no rows have none either"),
        pytest.param(1, 12_384, (1, 2, 3, pager.GAP, 248), id="at the beginning"),
        pytest.param(5, 12_384, (1, pager.GAP, 4, 5, 6, pager.GAP, 248), id="in the middle"),
        pytest.param(4, 500, (1, 2, 3, 4, 5, pager.GAP, 10), id="a gap of one number is that number"),
        pytest.param(10, 500, (1, pager.GAP, 9, 10), id="at the end"),
    ],
)
def test_which_page_numbers_a_footer_shows(page: int, total: int, shown: tuple[int, ...]) -> None:
    assert pager.numbers(page=page, total=total, size=50) == shown


COLUMNS = (
    columns.Column(name="a", label="A", cell=str, is_fixed=True),
    columns.Column(name="b", label="B", cell=str),
    columns.Column(name="c", label="C", cell=str, is_hidden_at_first=True),
)


@pytest.mark.parametrize(
    ("hidden", "names"),
    [
        pytest.param(None, ["a", "b"], id="who never chose sees what the list shows at first"),
        pytest.param((), ["a", "b", "c"], id="who hides nothing sees all"),
        pytest.param(("b", "a", "gone"), ["a", "c"], id="fixed columns stay and unknown names count for nothing"),
    ],
)
def test_which_columns_somebody_sees(hidden: tuple[str, ...] | None, names: list[str]) -> None:
    assert [each.name for each in columns.shown(COLUMNS, hidden)] == names


def test_what_was_not_chosen_is_hidden() -> None:
    assert columns.hidden_by(COLUMNS, ["c"]) == ("b",)
