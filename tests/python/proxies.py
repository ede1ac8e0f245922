"""Proxies, written from RFC 9110 9.3.6 (CONNECT), RFC 1928 (SOCKS 5) and RFC 1929 (its user and password).

    proxies.py

One JSON line on standard output says where they listen: `connect`, `connect_basic`, `forbidden` (403), `gateway` (502),
`socks`, `socks_password`, `socks_refusing` (reply 2), `chatty` (sends more than its answer). They end when standard
input does. `log` in that line is the address of a listener that answers every connection with what went through:
`[{"proxy", "target", "user"}]`. The user of those that want one is `pro:xy Pass:word`.
"""

import base64
import json
import select
import socket
import socketserver
import struct
import sys
import threading
import typing

USER, PASSWORD = "pro", "xy Pass:word"
LOG: typing.List[typing.Dict[str, typing.Any]] = []
OPEN = [0]


def relay(one: socket.socket, other: socket.socket) -> None:
    """Both ways, until either side ends."""
    while True:
        readable, _, _ = select.select([one, other], [], [])
        for source in readable:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, name: str, handler: typing.Type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.name = name
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: typing.Any, client_address: typing.Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Through(socketserver.StreamRequestHandler):
    server: Proxy

    def reach(self, host: str, port: int, user: typing.Optional[str]) -> socket.socket:
        LOG.append({"proxy": self.server.name, "target": f"{host}:{port}", "user": user})
        # Names of the tests are this machine.
        return socket.create_connection(("127.0.0.1" if host.endswith(".test") else host, port))

    def pass_on(self, upstream: socket.socket) -> None:
        OPEN[0] += 1
        try:
            with upstream:
                relay(self.connection, upstream)
        finally:
            OPEN[0] -= 1


class Connect(Through):
    wants_user = False
    status = 200
    extra = b""

    def handle(self) -> None:
        line = self.rfile.readline().decode("latin-1").split()
        headers = {}
        while (header := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        if len(line) != 3 or line[0] != "CONNECT" or headers.get("host") != line[1]:
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        user = None
        if self.wants_user:
            scheme, _, text = headers.get("proxy-authorization", "").partition(" ")
            given = base64.b64decode(text).decode("utf-8") if scheme == "Basic" else ""
            if given != f"{USER}:{PASSWORD}":
                self.wfile.write(
                    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n'
                    b'Proxy-Authenticate: Basic realm="tests"\r\nContent-Length: 5\r\n\r\nsorry'
                )
                return
            user = USER
        if self.status != 200:
            LOG.append({"proxy": self.server.name, "target": line[1], "user": user})
            self.wfile.write(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        host, _, port = line[1].rpartition(":")
        try:
            upstream = self.reach(host.strip("[]"), int(port), user)
        except OSError:
            self.wfile.write(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n" + self.extra)
        self.wfile.flush()
        self.pass_on(upstream)


class ConnectBasic(Connect):
    wants_user = True


class Forbidden(Connect):
    status = 403


class Gateway(Connect):
    status = 502


class Chatty(Connect):
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Socks(Through):
    wants_user = False
    reply = 0

    def handle(self) -> None:
        version, count = self._read("!BB")
        methods = self.rfile.read(count)
        if version != 5:
            return
        wanted = 2 if self.wants_user else 0
        if wanted not in methods:
            self.wfile.write(b"\x05\xff")
            return
        self.wfile.write(bytes([5, wanted]))
        user = None
        if self.wants_user:
            _, length = self._read("!BB")
            user = self.rfile.read(length).decode("utf-8")
            (length,) = self._read("!B")
            password = self.rfile.read(length).decode("utf-8")
            right = (user, password) == (USER, PASSWORD)
            self.wfile.write(bytes([1, 0 if right else 1]))
            if not right:
                return
        _, command, _, kind = self._read("!BBBB")
        if kind == 3:
            (length,) = self._read("!B")
            host = self.rfile.read(length).decode("ascii")
        elif kind == 1:
            host = socket.inet_ntop(socket.AF_INET, self.rfile.read(4))
        else:
            host = socket.inet_ntop(socket.AF_INET6, self.rfile.read(16))
        (port,) = self._read("!H")
        if command != 1 or self.reply:
            self._reply(self.reply or 7)
            return
        try:
            upstream = self.reach(host, port, user)
        except OSError:
            self._reply(5)
            return
        self._reply(0)
        self.pass_on(upstream)

    def _reply(self, code: int) -> None:
        self.wfile.write(bytes([5, code, 0, 1]) + b"\0\0\0\0\0\0")
        self.wfile.flush()

    def _read(self, form: str) -> typing.Tuple[int, ...]:
        data = self.rfile.read(struct.calcsize(form))
        if len(data) != struct.calcsize(form):
            raise ConnectionError("the client has gone")
        return struct.unpack(form, data)


class SocksPassword(Socks):
    wants_user = True


class SocksRefusing(Socks):
    reply = 2


class Log(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(json.dumps({"through": LOG, "open": OPEN[0]}).encode())


def main() -> None:
    kinds: typing.Dict[str, typing.Type[socketserver.BaseRequestHandler]] = {
        "connect": Connect,
        "connect_basic": ConnectBasic,
        "forbidden": Forbidden,
        "gateway": Gateway,
        "chatty": Chatty,
        "socks": Socks,
        "socks_password": SocksPassword,
        "socks_refusing": SocksRefusing,
        "log": Log,
    }
    ready = {name: Proxy(name, handler).address() for name, handler in kinds.items()}
    print(json.dumps({**ready, "user": USER, "password": PASSWORD}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
