from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commissions", "0002_standard_plan")]

    operations = [
        migrations.AlterField(
            model_name="commission",
            name="period",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.PROTECT,
                related_name="commissions",
                to="commissions.period",
            ),
        ),
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(fields=["period", "partner"], name="commissions_of_a_month"),
        ),
    ]
