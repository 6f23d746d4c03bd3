from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as shipped


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [path("empty/", empty), *shipped]
