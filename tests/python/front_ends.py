"""Front ends as Exchange has them, on the endpoint of endpoint.py: they redirect, they pin a shell to a back end by a
cookie, they ask for client certificates, they hang up on idle connections.

    front_ends.py --work DIR

One JSON line on standard output says where they listen; they end when standard input does. Paths:

* `/redirect/KIND/…?to=URL`: redirects by KIND, a status or `fault`; `none` names no address, `circle` leads back to
  itself.
* `/shape/sticky/…`: the first answer sets a cookie; a request about a shell without it finds no shell.
* anything else as endpoint.py has it.

`GET /counts` tells what each front end has seen: connections, requests with their credential's scheme, cookies, hints.
`GET /connections` tells how many connections are open at present.
"""

import argparse
import hashlib
import json
import os
import pathlib
import socket
import ssl
import sys
import threading
import typing
import urllib.parse
import uuid

import endpoint
import sealing
import wsman
from authority import Authority

REDIRECT_REQUESTED = 2150859161
MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
NAMES = ["localhost", "127.0.0.1", "::1", "a.front.test", "b.front.test", "a.cloud.test", "b.cloud.test"]


class Handler(endpoint.Handler):
    """One connection to a front end."""

    server: "FrontEnd"
    act = at = ""

    def setup(self) -> None:
        with self.server.lock:
            self.server.opened += 1
            self.server.open += 1
        if self.server.idle:
            self.request.settimeout(self.server.idle)
        try:
            super().setup()
        except BaseException:
            with self.server.lock:
                self.server.open -= 1
            raise

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            with self.server.lock:
                self.server.open -= 1

    def do_GET(self) -> None:
        if self.path == "/counts":
            counts = {
                front.name: {"connections": front.opened, "requests": list(front.seen)}
                for front in self.server.all
            }
            self._answer(200, json.dumps(counts).encode(), "application/json")
        elif self.path == "/connections":
            open_now = {front.name: front.open for front in self.server.all}
            self._answer(200, json.dumps(open_now).encode(), "application/json")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        headers = self.headers
        offered = headers.get("Authorization", "")
        seen = {
            "path": self.path,
            "scheme": offered if offered == MUTUAL else offered.partition(" ")[0],
            "cookie": headers.get("Cookie", ""),
            "hints": {name: value for name, value in headers.items() if name.lower().startswith("x-")},
            "connection": id(self.connection),
        }
        with self.server.lock:
            self.server.seen.append(seen)
        if self.path.startswith("/redirect/") and not self.path.startswith("/redirect/fault"):
            self.rfile.read(int(headers.get("Content-Length", 0)))
            self._redirect(self.path.partition("?")[0].split("/")[2])
            return
        if self.path.startswith("/redirect/"):
            # The fault is an answer to a request that was signed in, sealed where it has to be.
            body = self.rfile.read(int(headers.get("Content-Length", 0)))
            plain = self._signed_in(body)
            if plain is not None:
                self._redirect_by_fault(plain)
            return
        super().do_POST()

    def _target(self) -> typing.Optional[str]:
        query = urllib.parse.urlsplit(self.path).query
        found = [part[3:] for part in query.replace(";", "&").split("&") if part.startswith("to=")]
        if not found:
            return None
        return urllib.parse.unquote(found[0])

    def _redirect(self, kind: str) -> None:
        target = self.path if kind == "circle" else self._target()
        self.send_response(int(kind) if kind.isdecimal() else 302)
        if target is not None and kind != "none":
            self.send_header("Location", target)
        page = b"<html><head><title>Object moved</title></head></html>"
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        self.wfile.flush()

    def _redirect_by_fault(self, plain: bytes) -> None:
        request = wsman.Request(plain)
        text = (
            "The WinRM service cannot process the request because the request needs to be sent to a different "
            "machine. Use the redirect information to send the request to a new machine. "
            f"Redirect location reported: {self._target()} . To automatically connect to the redirected URI, verify "
            '"MaximumConnectionRedirectionCount" property of session preference variable "PSSessionOption".'
        )
        error = wsman.Fault(REDIRECT_REQUESTED, "w:InternalError", text, sender=False)
        self._soap(500, wsman.fault(error, request.message_id), request.operation)

    # -- the client certificate

    def _signed_in(self, body: bytes) -> typing.Optional[bytes]:
        if self.server.mutual:
            shown = self.connection.getpeercert(binary_form=True)
            if shown is None or self.headers.get("Authorization", "") != MUTUAL:
                self._answer(401, b"", "text/plain")
                return None
            with self.server.lock:
                self.server.certificates.add(hashlib.sha256(shown).hexdigest())
            return body
        return super()._signed_in(body)

    # -- one back end for each shell

    def end_headers(self) -> None:
        self.send_header("Set-Cookie", f"front-end={self.server.name}; path=/; HttpOnly")
        if self.act == "sticky" and "X-BackEndCookie" not in self.headers.get("Cookie", ""):
            self.send_header("Set-Cookie", f"X-BackEndCookie={uuid.uuid4()}; path=/; HttpOnly")
        self.send_header("X-FEServer", self.server.name)
        super().end_headers()

    def _shell(self, request: wsman.Request) -> typing.Any:
        if self.act == "sticky" and "X-BackEndCookie=" not in self.headers.get("Cookie", ""):
            raise wsman.Fault(wsman.NOT_FOUND, "w:InvalidSelectors", "Another back end does not know the shell. ")
        return super()._shell(request)


class FrontEnd(endpoint.Server):
    """One address."""

    all: typing.ClassVar[typing.List["FrontEnd"]] = []

    def __init__(
        self,
        name: str,
        state: endpoint.State,
        tls: typing.Optional[ssl.SSLContext] = None,
        mutual: bool = False,
        idle: typing.Optional[float] = None,
    ) -> None:
        super().__init__(state, tls)
        self.RequestHandlerClass = Handler
        self.name, self.mutual, self.idle = name, mutual, idle
        self.lock = threading.Lock()
        self.opened = self.open = 0
        self.seen: typing.List[typing.Dict[str, typing.Any]] = []
        self.certificates: typing.Set[str] = set()
        self.all.append(self)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    request_queue_size = 512

    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.server_port}"


def context(issued: typing.Any, clients: typing.Optional[pathlib.Path], tls13: bool, required: bool) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(issued.pem, issued.key)
    if not tls13:
        tls.maximum_version = ssl.TLSVersion.TLSv1_2
    if clients is not None:
        tls.load_verify_locations(clients)
        tls.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return tls


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    work = arguments.work

    authority, clients, others = (Authority(work, name) for name in ("servers", "clients", "strangers"))
    server = authority.server("front-end", NAMES)
    user, stranger = clients.client("user"), others.client("stranger")
    expired = clients.client("expired", (-30, -1))
    users = work / "ntlm-users"
    users.write_text(f":{endpoint.USER}:{endpoint.PASSWORD}\n", encoding="utf-8")
    users.chmod(0o600)
    os.environ["NTLM_USER_FILE"] = str(users)

    state = endpoint.State(2.0, hashlib.sha256(server.der).digest(), False)
    plain = context(server, None, True, False)
    fronts = [
        FrontEnd("http", state),
        FrontEnd("other_http", state),
        FrontEnd("https", state, plain),
        FrontEnd("other_https", state, plain),
        FrontEnd("idle", state, plain, idle=2.0),
        FrontEnd("mutual13", state, context(server, clients.pem, True, True), mutual=True),
        FrontEnd("mutual12", state, context(server, clients.pem, False, True), mutual=True),
        FrontEnd("unasked", state, plain, mutual=True),
    ]
    ready = {front.name: front.url() for front in fronts}
    ready.update(
        ca=str(authority.pem),
        user=endpoint.USER,
        password=endpoint.PASSWORD,
        certificate=str(user.pem),
        key=str(user.key),
        sha256=hashlib.sha256(user.der).hexdigest(),
        stranger=str(stranger.pem),
        stranger_key=str(stranger.key),
        expired=str(expired.pem),
        expired_key=str(expired.key),
    )
    print(json.dumps(ready), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
