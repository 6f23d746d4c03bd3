from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("affiliates", "0002_program")]

    operations = [
        migrations.AddField(
            model_name="acceptance",
            name="partner_name",
            field=models.CharField(default="", max_length=200, verbose_name="partner as it was called"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="acceptance",
            name="email",
            field=models.EmailField(default="", max_length=254, verbose_name="signed in as"),
            preserve_default=False,
        ),
    ]
