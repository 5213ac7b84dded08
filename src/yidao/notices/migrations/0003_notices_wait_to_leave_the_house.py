"""Every version of a notice stands in an outbox for channels out of the house; old ones are found by age."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0002_notices_for_one_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeOutbox",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("ordering_key", models.TextField()),
                ("sequence", models.IntegerField()),
                ("notice_id", models.BigIntegerField()),
                ("organisation_id", models.BigIntegerField()),
                ("user_id", models.BigIntegerField(blank=True, null=True)),
                ("kind", models.TextField()),
                ("params", models.JSONField()),
                ("address", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notice_outbox",
            },
        ),
        migrations.AddField(
            model_name="notice",
            name="version",
            field=models.IntegerField(db_default=1),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["created_at"], name="notice_by_age"),
        ),
        migrations.AddIndex(
            model_name="noticeoutbox",
            index=models.Index(fields=["created_at"], name="outbox_by_age"),
        ),
        migrations.AddIndex(
            model_name="noticeoutbox",
            index=models.Index(condition=models.Q(("taken_at", None)), fields=["id"], name="outbox_waiting"),
        ),
        migrations.AddConstraint(
            model_name="noticeoutbox",
            constraint=models.UniqueConstraint(fields=("ordering_key", "sequence"), name="a_version_leaves_once"),
        ),
    ]
