"""The services of an authority as one application, by itself or mounted in another.

    POST /ocsp, GET /ocsp/...      answers about certificates, also below /ocsp/{name}
    POST /tsa                      time stamps, where they are made
    GET  /crl/... /certificates/...
    GET  /health                   200 while every service answers, 503 otherwise

An application that mounts it runs `services.kept()` in its own lifespan: those of mounted ones are not run.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from esign.web.messages import UNKEPT
from esign.web.ocsp import ocsp_routes
from esign.web.publication import publication_routes
from esign.web.services import Services
from esign.web.timestamps import timestamp_routes


def application(services: Services) -> Starlette:
    """Everything that `services` can answer."""

    async def health(_request: Request) -> Response:
        told = services.health
        return JSONResponse(told, 503 if told["state"] == "error" else 200, dict(UNKEPT))

    routes: list[BaseRoute] = [Route("/health", health, methods=["GET"])]
    for place in (*(f"/ocsp/{name}" for name in services.issuers), "/ocsp"):
        routes += ocsp_routes(services.answers, place, now=services.now)
    if services.stamping is not None:
        routes += timestamp_routes(services.stamp, "/tsa")
    routes += publication_routes(services.folder / "crl", services.issuers, now=services.now)
    return Starlette(routes=routes, lifespan=services.kept)
