"""The one table of addresses. The access test is generated from it, so a new page cannot be forgotten."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("yidao.web.urls")),
]
