"""TLS servers of old, by OpenSSL: `tls10`, `tls11` (nothing newer) and `rsa` (TLS 1.2, but only key exchange by RSA with
CBC, which is the best that some old servers have). Each hangs up after its handshake.

    old_tls.py --work DIR

One JSON line on standard output says where they listen; a kind that this OpenSSL cannot do any more is missing there.
"""

import argparse
import json
import pathlib
import socket
import ssl
import sys
import threading
import typing
import warnings

from authority import Authority

warnings.simplefilter("ignore")


def serve(listener: socket.socket, tls: ssl.SSLContext) -> None:
    while True:
        connection, _ = listener.accept()
        connection.settimeout(10)
        try:
            tls.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    authority = Authority(arguments.work, "old")
    issued = authority.server("old-server", ["127.0.0.1"], use_rsa=True)
    ready = {"ca": str(authority.pem)}
    kinds: typing.Dict[str, typing.Tuple[ssl.TLSVersion, str]] = {
        "tls10": (ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0"),
        "tls11": (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        "rsa": (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA:@SECLEVEL=0"),
    }
    for name, (version, ciphers) in kinds.items():
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            tls.minimum_version = tls.maximum_version = version
            tls.set_ciphers(ciphers)
        except (ValueError, ssl.SSLError):
            continue
        tls.load_cert_chain(issued.pem, issued.key)
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener, tls), daemon=True).start()
        ready[name] = f"https://127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps(ready), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
