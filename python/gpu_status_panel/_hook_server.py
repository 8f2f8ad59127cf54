"""The unload hook's own server, for apps that have none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Optional, Protocol, Tuple, Type
from urllib.parse import urlsplit

from ._asgi import JSON_HEADERS
from ._base import log, problem


if TYPE_CHECKING:
    import http.server

HOOK_BODY_BYTES = 16 * 1024


class Answers(Protocol):
    """A hook, as its server sees it."""

    path: str

    def answer(self, method: str, path: str, headers: Dict[str, str], peer: Optional[str], body: bytes) -> Tuple[int, Dict[str, Any]]: ...


def hook_handler(hook: Answers) -> Type[http.server.BaseHTTPRequestHandler]:
    """The request handler of a hook's own server."""
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 15

        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            length = headers.get("content-length", "0")
            if "transfer-encoding" in headers or not length.isdigit() or int(length) > HOOK_BODY_BYTES:
                self.close_connection = True
                return self.reply(413, problem("bad-request", f"a body has a content-length, of {HOOK_BODY_BYTES} bytes at most"))
            body = self.rfile.read(int(length))
            if path != hook.path and not path.startswith(hook.path + "/"):
                return self.reply(404, problem("not-found", f"the hook is at {hook.path}"))
            self.reply(*hook.answer(self.command, path[len(hook.path) :], headers, self.client_address[0], body))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_any

        def reply(self, status: int, answer: Dict[str, Any]) -> None:
            text = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in JSON_HEADERS + [(b"content-length", str(len(text)).encode())]:
                self.send_header(name.decode(), value.decode())
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug("gpu_status_panel: hook: " + format, *args)

    return Handler
