import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models

import affiliates.models.program


class Migration(migrations.Migration):
    dependencies = [("affiliates", "0004_names_of_earlier_acceptances")]
    operations = [
        migrations.AddField(
            model_name="program",
            name="allowed_hosts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=253, validators=[affiliates.models.program.check_host]),
                blank=True,
                default=list,
                help_text="The hosts that partners' links may lead to, separated by commas; none: the company's site alone.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="program",
            name="company_site",
            field=models.CharField(
                max_length=200,
                blank=True,
                help_text="Where links lead that lead nowhere else, like https://www.example.com/",
                validators=[affiliates.models.program.check_site],
            ),
        ),
        migrations.AddField(
            model_name="program",
            name="cookie_days",
            field=models.PositiveSmallIntegerField(
                default=90,
                help_text="For how long a visit through a partner's link is credited to the partner.",
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.AddConstraint(
            model_name="program",
            constraint=models.CheckConstraint(
                condition=models.Q(("cookie_days__gte", 1)), name="cookies_live_a_day_or_longer"
            ),
        ),
    ]
