"""The one table of addresses. The access test is generated from it, so a new page cannot be forgotten."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("yidao.web.urls")),
    path("v1/", include("yidao.api.v1.urls")),
]

handler400 = "yidao.web.shared.faults.bad_request"
handler403 = "yidao.web.shared.faults.not_found"
handler404 = "yidao.web.shared.faults.not_found"
handler500 = "yidao.web.shared.faults.server_error"
