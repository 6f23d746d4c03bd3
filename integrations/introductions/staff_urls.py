"""Pages of the company's people about Introductions by e-mail."""

from django.urls import path
from django.urls.resolvers import URLPattern

from integrations.introductions.views import staff_messages as views

urlpatterns: list[URLPattern] = [
    path("sales/introductions/", views.staff_introductions, name="staff_introductions"),
    path("sales/introductions/<int:pk>/", views.staff_introduction, name="staff_introduction"),
    path("sales/introductions/<int:pk>/confirm/", views.staff_introduction_confirm, name="staff_introduction_confirm"),
    path("sales/introductions/<int:pk>/take/", views.staff_introduction_take, name="staff_introduction_take"),
    path("sales/introductions/<int:pk>/join/", views.staff_introduction_join, name="staff_introduction_join"),
    path("sales/introductions/<int:pk>/leave/", views.staff_introduction_leave, name="staff_introduction_leave"),
    path("sales/introductions/<int:pk>/again/", views.staff_introduction_again, name="staff_introduction_again"),
    path("sales/introductions/<int:pk>/message.eml", views.staff_introduction_raw, name="staff_introduction_raw"),
    path(
        "sales/introductions/<int:pk>/files/<int:number>/",
        views.staff_introduction_file,
        name="staff_introduction_file",
    ),
]
