"""`/docs`: what the interfaces offer, as a plain page without scripts, and their OpenAPI files."""

import asyncio
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
METHODS = ("get", "post", "put", "patch", "delete")
STYLE = (
    "body{font-family:system-ui;max-width:60rem;margin:3rem auto;padding:0 1rem;line-height:1.5;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%}td{padding:.25rem .75rem "
    ".25rem 0;vertical-align:top;border-top:1px solid #8884}code{overflow-wrap:anywhere}"
)
Documents = Mapping[str, dict[str, Any]]


def build_docs(documents: Callable[[], Documents]) -> Starlette:
    """The small site; documents are built when they are first asked for."""

    async def page(_: Request) -> Response:
        html = render_page(await asyncio.to_thread(documents))
        return HTMLResponse(html, headers={"content-security-policy": POLICY})

    async def document(request: Request) -> Response:
        name = request.path_params["name"]
        found = (await asyncio.to_thread(documents)).get(name)
        if found is None:
            return JSONResponse({"detail": "There is no such interface."}, 404)
        return JSONResponse(found)

    return Starlette(routes=[Route("/", page), Route("/{name}.json", document)])


def render_page(documents: Documents) -> str:
    """All operations of all interfaces."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Mojodex: interfaces</title>",
        f"<style>{STYLE}</style><h1>Interfaces</h1>",
    ]
    for name, document in documents.items():
        info = document["info"]
        parts.append(
            f"<h2>{escape(info['title'])}</h2><p>{escape(info.get('description', ''))}</p>"
            f'<p><a href="/docs/{escape(name)}.json">OpenAPI</a></p><table>'
        )
        prefix = document.get("servers", [{"url": ""}])[0]["url"]
        parts += [_render_path(prefix + path, item) for path, item in document["paths"].items()]
        parts.append("</table>")
    return "".join(parts)


def _render_path(path: str, item: Mapping[str, Any]) -> str:
    return "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(item[method].get('summary', ''))}</td></tr>"
        for method in METHODS
        if method in item
    )
