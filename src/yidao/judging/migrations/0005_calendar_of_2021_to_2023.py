"""
The public holidays of 2021 to 2023 and the weekends worked instead, as the General Office of the State Council
published them in the November or December before each year.
"""

from datetime import date, timedelta
from typing import Any

from django.db import migrations

HOLIDAYS = (
    ("元旦", "2021-01-01", "2021-01-03", ()),
    ("春节", "2021-02-11", "2021-02-17", ("2021-02-07", "2021-02-20")),
    ("清明节", "2021-04-03", "2021-04-05", ()),
    ("劳动节", "2021-05-01", "2021-05-05", ("2021-04-25", "2021-05-08")),
    ("端午节", "2021-06-12", "2021-06-14", ()),
    ("中秋节", "2021-09-19", "2021-09-21", ("2021-09-18",)),
    ("国庆节", "2021-10-01", "2021-10-07", ("2021-09-26", "2021-10-09")),
    ("元旦", "2022-01-01", "2022-01-03", ()),
    ("春节", "2022-01-31", "2022-02-06", ("2022-01-29", "2022-01-30")),
    ("清明节", "2022-04-03", "2022-04-05", ("2022-04-02",)),
    ("劳动节", "2022-04-30", "2022-05-04", ("2022-04-24", "2022-05-07")),
    ("端午节", "2022-06-03", "2022-06-05", ()),
    ("中秋节", "2022-09-10", "2022-09-12", ()),
    ("国庆节", "2022-10-01", "2022-10-07", ("2022-10-08", "2022-10-09")),
    ("元旦", "2022-12-31", "2023-01-02", ()),
    ("春节", "2023-01-21", "2023-01-27", ("2023-01-28", "2023-01-29")),
    ("清明节", "2023-04-05", "2023-04-05", ()),
    ("劳动节", "2023-04-29", "2023-05-03", ("2023-04-23", "2023-05-06")),
    ("端午节", "2023-06-22", "2023-06-24", ("2023-06-25",)),
    ("中秋节、国庆节", "2023-09-29", "2023-10-06", ("2023-10-07", "2023-10-08")),
)


def add(apps: Any, schema_editor: Any) -> None:
    """Add the days; a day that stands there already stays as it is."""
    day_model = apps.get_model("judging", "CalendarDay")
    days = []
    for name, first, last, worked in HOLIDAYS:
        start = date.fromisoformat(first)
        length = (date.fromisoformat(last) - start).days + 1
        days += [day_model(day=start + timedelta(days=each), is_working=False, name=name) for each in range(length)]
        days += [day_model(day=date.fromisoformat(each), is_working=True, name=name) for each in worked]
    day_model.objects.bulk_create(days, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("judging", "0004_settlement_and_calendar"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
