from django.db import migrations


def make_program(apps, schema_editor):
    apps.get_model("affiliates", "Program").objects.get_or_create(
        pk=1,
        defaults={
            "name": "Partner program",
            "company_name": "Your company",
            "company_email": "partners@example.com",
        },
    )


def remove_program(apps, schema_editor):
    apps.get_model("affiliates", "Program").objects.filter(pk=1).delete()


class Migration(migrations.Migration):
    dependencies = [("affiliates", "0001_initial")]
    operations = [migrations.RunPython(make_program, remove_program)]
