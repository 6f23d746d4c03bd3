"""Pages of program managers about partners."""

from django.urls import path

from affiliates.views.staff_agreement import agreement, remind, version
from affiliates.views.staff_applications import application, applications, approve, decline
from affiliates.views.staff_help import look_as, stop_looking
from affiliates.views.staff_resources import (
    resource_new,
    resource_remove,
    staff_resource,
    staff_resource_file,
    staff_resources,
)
from affiliates.views.staff_settings import program_settings
from affiliates.views.staff_violations import (
    staff_violation_file,
    violation,
    violation_cured,
    violation_new,
    violation_not_cured,
    violations,
)

urlpatterns = [
    path("admin/program/applications/", applications, name="staff_applications"),
    path("admin/program/applications/<int:pk>/", application, name="staff_application"),
    path("admin/program/applications/<int:pk>/approve/", approve, name="staff_application_approve"),
    path("admin/program/applications/<int:pk>/decline/", decline, name="staff_application_decline"),
    path("admin/program/partners/<int:pk>/look/", look_as, name="staff_help"),
    path("admin/program/look/stop/", stop_looking, name="staff_help_stop"),
    path("admin/program/agreement/", agreement, name="staff_agreement"),
    path("admin/program/agreement/remind/", remind, name="staff_agreement_remind"),
    path("admin/program/agreement/<int:pk>/", version, name="staff_agreement_version"),
    path("admin/program/violations/", violations, name="staff_violations"),
    path("admin/program/violations/new/", violation_new, name="staff_violation_new"),
    path("admin/program/violations/<int:pk>/", violation, name="staff_violation"),
    path("admin/program/violations/<int:pk>/cured/", violation_cured, name="staff_violation_cured"),
    path("admin/program/violations/<int:pk>/not-cured/", violation_not_cured, name="staff_violation_not_cured"),
    path("admin/program/violations/files/<int:pk>/", staff_violation_file, name="staff_violation_file"),
    path("admin/program/settings/", program_settings, name="staff_settings"),
    path("admin/program/resources/", staff_resources, name="staff_resources"),
    path("admin/program/resources/new/", resource_new, name="staff_resource_new"),
    path("admin/program/resources/<int:pk>/", staff_resource, name="staff_resource"),
    path("admin/program/resources/<int:pk>/remove/", resource_remove, name="staff_resource_remove"),
    path("admin/program/resources/<int:pk>/file/", staff_resource_file, name="staff_resource_file"),
]
