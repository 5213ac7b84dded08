from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations_and_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsedCode",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "db_table": "used_code",
            },
        ),
    ]
