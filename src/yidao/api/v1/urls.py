"""Addresses of the API on the port of the pages."""

from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI

from yidao.api.v1 import after_sales, docs, listing, orders, problems, shipments
from yidao.api.v1.auth import Bearer
from yidao.api.v1.parcels import router

api = NinjaAPI(
    title="Yidao",
    version="1",
    docs_url=None,
    openapi_url=None,
    urls_namespace="v1",
    auth=Bearer(),
)
api.add_router("", listing.router)
api.add_router("", router)
api.add_router("", orders.router)
api.add_router("", after_sales.router)
api.add_router("", shipments.router)
problems.install(api)

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", docs.openapi, name="api-openapi"),
    path("docs", docs.page, name="api-docs"),
    path("", api.urls),
]
