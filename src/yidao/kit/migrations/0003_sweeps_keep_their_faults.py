"""Why a row could not be settled when it was due; who sweeps what moves here from the parcels."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kit", "0002_saved_filters_and_list_habits"),
        ("parcels", "0017_leases_move_to_the_kit"),
    ]

    operations = [
        migrations.CreateModel(
            name="SweepFault",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "concern", "subject_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("concern", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("fault", models.TextField()),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "db_table": "sweep_fault",
            },
        ),
        # The table was made with the monitoring tables; only the model moves here.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="SweepLease",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "concern", "bucket", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("concern", models.TextField()),
                        ("bucket", models.SmallIntegerField()),
                        ("holder", models.TextField()),
                        ("leased_until", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "sweep_lease",
                    },
                ),
            ],
        ),
    ]
