from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("affiliates", "0010_partners_know_their_last_change"),
        ("clients", "0004_clients_know_their_last_change"),
        ("commissions", "0006_adjustments_dropped"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["partner", "period"], name="amounts_that_wait"
            ),
        ),
    ]
