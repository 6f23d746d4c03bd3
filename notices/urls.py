from django.conf import settings
from django.urls import path

from notices.views.turn_off import notice_off
from notices.views.written_mail import written_html, written_mail, written_mails

urlpatterns = [
    path("notices/off/<str:token>/", notice_off, name="notice_off"),
]
# On a machine for development alone: everybody there reads what was sent to anybody.
for_development = [
    path("dev/mail/", written_mails, name="written_mails"),
    path("dev/mail/<slug:name>/<int:place>/", written_mail, name="written_mail"),
    path("dev/mail/<slug:name>/<int:place>/html/", written_html, name="written_html"),
]
if settings.DEBUG:
    urlpatterns += for_development
