"""pypsrp, unmodified, against an endpoint: it judges psbridge's.

    pypsrp_driver.py --url URL --auth basic|ntlm|negotiate|kerberos --user NAME [--ca FILE] [--configuration NAME] SCENARIO…

The password comes from PSBRIDGE_PASSWORD. One JSON line per scenario: `{"scenario", "result"}` or
`{"scenario", "error", "trace"}`. What the results must be, the caller asserts.
"""

import argparse
import base64
import datetime
import decimal
import json
import os
import queue
import socket
import threading
import traceback
import typing
import urllib.parse
import uuid

from pypsrp.complex_objects import ComplexObject, GenericComplexObject, ObjectMeta, PSInvocationState
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

BLOB = 5 * 1024 * 1024

#: Values of the endpoint that are looked at one by one.
VALUES = (
    "Nil String EmptyString Char True DateUtc DateMax TimeSpan TimeSpanMin Byte SByte UInt16 Int16 UInt32 Int32 UInt64 "
    "Int64 Single DoubleNaN DecimalMax Bytes Guid Uri Version Xml ScriptBlock Array EmptyArray Queue Stack Hashtable "
    "Custom Enum NotedString FileInfo Cycle"
).split()


_getaddrinfo = socket.getaddrinfo


def _resolve(host: typing.Any, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
    """Names below .localhost are this machine (RFC 6761 section 6.3), which not every C library knows."""
    local = isinstance(host, str) and host.endswith(".localhost")
    return _getaddrinfo("127.0.0.1" if local else host, *args, **kwargs)


def plain(value: typing.Any, depth: int = 0) -> typing.Any:
    """A value as JSON, its Python type told where JSON would hide it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, (float, decimal.Decimal, uuid.UUID, datetime.datetime, datetime.timedelta)):
        return {type(value).__name__: str(value)}
    if isinstance(value, queue.Queue):
        return {"queue": [plain(item, depth + 1) for item in list(value.queue)]}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {"dict": [[plain(key), plain(item, depth + 1)] for key, item in value.items()]}
    if depth > 6:
        return "…"
    if isinstance(value, GenericComplexObject):
        return {
            "types": value.types,
            "to_string": value.to_string,
            "adapted": {str(name): plain(item, depth + 1) for name, item in value.adapted_properties.items()},
            "extended": {str(name): plain(item, depth + 1) for name, item in value.extended_properties.items()},
        }
    if isinstance(value, ComplexObject):
        members = {name: item for name, item in vars(value).items() if not name.startswith("_")}
        return {name: plain(item, depth + 1) for name, item in members.items()}
    return str(value)


def error_record(record: typing.Any) -> typing.Dict[str, typing.Any]:
    return {
        "text": str(record),
        "exception": plain(record.exception),
        "target": plain(record.target_object),
        "id": record.fq_error,
        "category": record.category,
        "activity": record.activity,
        "reason": record.reason,
        "target_name": record.target_name,
        "target_type": record.target_type,
        "details": record.details_message,
    }


def streams(ps: PowerShell) -> typing.Dict[str, typing.Any]:
    """Everything that a pipeline gave."""
    return {
        "state": ps.state,
        "had_errors": ps.had_errors,
        "output": [plain(value) for value in ps.output],
        "error": [error_record(record) for record in ps.streams.error],
        "warning": [record.message for record in ps.streams.warning],
        "verbose": [record.message for record in ps.streams.verbose],
        "debug": [record.message for record in ps.streams.debug],
        "information": [plain(record) for record in ps.streams.information],
        "progress": [plain(record) for record in ps.streams.progress],
    }


class Console(PSHostUserInterface):
    """A host that types the same answer to everything."""

    def __init__(self) -> None:
        super().__init__(None)
        self.written: typing.List[str] = []

    def ReadLine(self, runspace: typing.Any, pipeline: typing.Any) -> str:
        return "typed"

    def Prompt(
        self, runspace: typing.Any, pipeline: typing.Any, caption: str, message: str, description: typing.Any
    ) -> typing.Dict[str, str]:
        return {field.extended_properties["name"]: "typed" for field in description}

    def WriteLine2(self, runspace: typing.Any, pipeline: typing.Any, value: str) -> None:
        self.written.append(value)

    def WriteLine3(
        self, runspace: typing.Any, pipeline: typing.Any, foreground: int, background: int, value: str
    ) -> None:
        self.written.append(value)


class Driver:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments

    def connection(self, **more: typing.Any) -> WSMan:
        url = urllib.parse.urlsplit(self.arguments.url)
        secure = url.scheme == "https"
        options: typing.Dict[str, typing.Any] = {
            "port": url.port,
            "username": self.arguments.user,
            "password": os.environ.get("PSBRIDGE_PASSWORD"),
            "ssl": secure,
            "path": url.path.strip("/") or "wsman",
            "auth": self.arguments.auth,
            "cert_validation": self.arguments.ca if secure else True,
            "encryption": "auto" if secure else "always",
            "operation_timeout": 5,
            "read_timeout": 30,
            "connection_timeout": 10,
        }
        if self.arguments.certificate:
            options.update(certificate_pem=self.arguments.certificate, certificate_key_pem=self.arguments.key)
        options.update(more)
        return WSMan(url.hostname, **options)

    def pool(self, connection: typing.Optional[WSMan] = None, **more: typing.Any) -> RunspacePool:
        return RunspacePool(
            connection or self.connection(), configuration_name=self.arguments.configuration, **more
        )

    def run(self, pool: RunspacePool, *commands: typing.Any, given: typing.Any = None) -> PowerShell:
        """Runs commands `(name, {parameter: value})` piped together, `;` between statements."""
        ps = PowerShell(pool)
        for command in commands:
            if command == ";":
                ps.add_statement()
                continue
            name, parameters = command if isinstance(command, tuple) else (command, {})
            ps.add_cmdlet(name)
            for parameter, value in parameters.items():
                if parameter.isdigit():
                    ps.add_argument(value)
                else:
                    ps.add_parameter(parameter, value)
        ps.begin_invoke(given)
        ps.end_invoke()
        ps.close()
        return ps

    # -- scenarios, each with a pool of its own

    def output(self) -> typing.Any:
        with self.pool() as pool:
            ps = self.run(pool, ("Get-User", {"ResultSize": 5}))
            return {
                "pool": {
                    "protocol": pool.protocol_version,
                    "ps": pool.ps_version,
                    "private": plain(pool.application_private_data),
                },
                **streams(ps),
            }

    def selected(self) -> typing.Any:
        """Two commands in a pipeline, and two statements."""
        with self.pool() as pool:
            return streams(
                self.run(
                    pool,
                    ("Get-User", {"ResultSize": 3}),
                    ("Select-Object", {"Property": ["Name", "Guid"]}),
                    ";",
                    ("Get-User", {"ResultSize": 3}),
                    "Measure-Object",
                )
            )

    def every_stream(self) -> typing.Any:
        with self.pool() as pool:
            return streams(
                self.run(
                    pool,
                    ("Write-Output", {"InputObject": "out"}),
                    ";",
                    (
                        "Write-Error",
                        {
                            "Message": "wrong",
                            "ErrorId": "LabError",
                            "Category": "ObjectNotFound",
                            "TargetObject": "nobody",
                        },
                    ),
                    ";",
                    ("Write-Warning", {"Message": "careful"}),
                    ";",
                    ("Write-Verbose", {"Message": "wordy", "Verbose": True}),
                    ";",
                    ("Write-Debug", {"Message": "buggy", "Debug": True}),
                    ";",
                    ("Write-Information", {"MessageData": "informed", "Tags": ["one", "two"]}),
                    ";",
                    ("Write-Progress", {"Activity": "work", "Status": "half", "PercentComplete": 50, "Id": 3}),
                    ";",
                    ("Write-Output", {"InputObject": "end"}),
                )
            )

    def merged(self) -> typing.Any:
        """Warnings and errors sent to the output stream."""
        with self.pool() as pool:
            ps = PowerShell(pool)
            ps.add_cmdlet("Write-Warning").add_parameter("Message", "careful").merge_warning("output")
            ps.add_statement()
            ps.add_cmdlet("Write-Error").add_parameter("Message", "wrong").merge_error("output")
            ps.invoke()
            ps.close()
            return streams(ps)

    def errors(self) -> typing.Any:
        """A cmdlet's error record, then an unknown command, each in a pipeline of its own, on one pool."""
        with self.pool() as pool:
            record = streams(self.run(pool, ("Get-User", {"Identity": "nobody-at-all"})))
            unknown = streams(self.run(pool, "Get-Nothing"))
            parameter = streams(self.run(pool, ("Get-User", {"Nonsense": 1})))
            after = streams(self.run(pool, ("Get-User", {"ResultSize": 1})))
            return {"record": record, "unknown": unknown, "parameter": parameter, "after": after}

    def script(self) -> typing.Any:
        with self.pool() as pool:
            ps = PowerShell(pool)
            ps.add_script("1..3; 'x'")
            ps.begin_invoke()
            ps.end_invoke()
            ps.close()
            return streams(ps)

    def input(self) -> typing.Any:
        given = ["text ü\U0001f600", 5, True, [1, "two"], {"key": "value"}]
        with self.pool() as pool:
            return streams(self.run(pool, "Write-Output", given=given))

    def input_lazily(self) -> typing.Any:
        """Input in many messages, produced while the pipeline runs."""

        def values() -> typing.Iterator[typing.List[int]]:
            for number in range(300):
                yield [number]

        with self.pool() as pool:
            ps = self.run(pool, "Write-Output", given=values())
            return {"state": ps.state, "output": ps.output}

    def stop(self) -> typing.Any:
        """Stops endless output, then uses the same pool again."""
        with self.pool() as pool:
            ps = PowerShell(pool)
            ps.add_cmdlet("Get-LabNumber").add_parameter("Endless", True)
            ps.begin_invoke()
            while len(ps.output) < 20:
                ps.poll_invoke()
            ps.stop()
            seen = len(ps.output)
            after = streams(self.run(pool, ("Write-Output", {"InputObject": "after"})))
            return {"state": ps.state, "seen": seen, "after": after}

    def stop_silent(self) -> typing.Any:
        """Stops a pipeline that says nothing."""
        with self.pool() as pool:
            ps = PowerShell(pool)
            ps.add_cmdlet("Start-Sleep").add_parameter("Seconds", 60)
            ps.begin_invoke()
            ps.poll_invoke(timeout=1)
            running = ps.state
            ps.stop()
            after = streams(self.run(pool, ("Write-Output", {"InputObject": "after"})))
            return {"running": running, "state": ps.state, "after": after}

    def big(self) -> typing.Any:
        """A 5 MB object out, and one in and out again."""
        with self.pool() as pool:
            text = ("0123456789abcdef" * (BLOB // 16 + 1))[:BLOB]
            there = self.run(pool, ("Write-Output", {"InputObject": text}))
            back = self.run(pool, "Write-Output", given=[text])
            made = self.run(pool, ("Get-LabText", {"Size": BLOB}))
            return {
                "made": [len(value) for value in made.output],
                "parameter": [len(value) for value in there.output],
                "input": [len(value) for value in back.output],
                "equal": there.output == [text] and back.output == [text],
                "states": [there.state, back.state],
            }

    def many(self) -> typing.Any:
        with self.pool() as pool:
            ps = self.run(pool, ("Get-User", {"ResultSize": 2000}))
            guids = {str(user.adapted_properties.get("Guid")) for user in ps.output}
            return {
                "state": ps.state,
                "count": len(ps.output),
                "guids": len(guids),
                "properties": sorted({len(user.adapted_properties) for user in ps.output}),
                "warning": [record.message for record in ps.streams.warning],
            }

    def numbers(self) -> typing.Any:
        with self.pool() as pool:
            ps = self.run(pool, ("Get-LabNumber", {"Count": 2000}))
            return {"state": ps.state, "output": ps.output}

    def two_pools(self) -> typing.Any:
        """Two pools at once, their pipelines interleaved."""
        counts: typing.Dict[str, typing.Any] = {}

        def work(name: str) -> None:
            try:
                with self.pool() as pool:
                    counts[name] = [
                        len(self.run(pool, ("Get-User", {"ResultSize": 20 + number})).output)
                        for number in range(5)
                    ]
            except Exception as error:
                counts[name] = f"{type(error).__name__}: {error}"

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        first, second = self.pool(), self.pool()
        with first, second:
            one = PowerShell(first)
            two = PowerShell(second)
            for ps in (one, two):
                ps.add_cmdlet("Get-User").add_parameter("ResultSize", 150)
                ps.begin_invoke()
            while PSInvocationState.RUNNING in (one.state, two.state):
                for ps in (one, two):
                    if ps.state == PSInvocationState.RUNNING:
                        ps.poll_invoke()
            interleaved = [len(one.output), len(two.output)]
        return {"threads": counts, "interleaved": interleaved}

    def sequence(self) -> typing.Any:
        """Many pipelines one after the other on one connection, some left without Terminate."""
        with self.pool() as pool:
            return [len(self.run(pool, ("Get-User", {"ResultSize": 1})).output) for _ in range(40)]

    def runspaces(self) -> typing.Any:
        """The pool's own requests."""
        with self.pool(min_runspaces=1, max_runspaces=3) as pool:
            available = pool.get_available_runspaces()
            pool.max_runspaces = 5
            pool.min_runspaces = 2
            return {"available": available, "max": pool.max_runspaces, "min": pool.min_runspaces}

    def reset(self) -> typing.Any:
        with self.pool() as pool:
            pool.reset_runspace_state()
            return streams(self.run(pool, ("Write-Output", {"InputObject": "after"})))

    def values(self) -> typing.Any:
        """Every form of CLIXML that the endpoint writes, as pypsrp's deserializer takes it."""
        with self.pool() as pool:
            ps = self.run(pool, "Get-LabValue")
            named = {
                name: [plain(value) for value in self.run(pool, ("Get-LabValue", {"Name": name})).output]
                for name in VALUES
            }
            return {"all": len(ps.output), "state": ps.state, "named": named}

    def all_values(self) -> typing.Any:
        with self.pool() as pool:
            return streams(self.run(pool, "Get-LabValue"))

    def event(self) -> typing.Any:
        with self.pool() as pool:
            self.run(pool, ("Send-LabEvent", {"SourceIdentifier": "Fixture", "MessageData": {"key": "value"}}))
            pool.get_available_runspaces()
            return [plain(event) for event in pool.user_events]

    def metadata(self) -> typing.Any:
        """GET_COMMAND_METADATA travels in Command, as pypsrp's own tests send it."""
        with self.pool() as pool:
            ps = pool.get_command_metadata(["Get-LabNumber", "Select-Object"])
            return streams(ps) if isinstance(ps, PowerShell) else plain(ps)

    def secret(self) -> typing.Any:
        """A SecureString there and back, under a session key that pypsrp and the endpoint exchange."""
        with self.pool() as pool:
            pool.exchange_keys()
            sealed = pool.serialize("s3cret ü", ObjectMeta("SS"))
            ps = self.run(pool, "Write-Output", given=[sealed])
            again = self.run(pool, ("Write-Output", {"InputObject": sealed}))
            return {"input": [plain(value) for value in ps.output], "parameter": plain(again.output)}

    def host(self) -> typing.Any:
        """A client with a host: what the endpoint asks of it is answered, and the answer arrives."""
        ui = Console()
        with self.pool(host=PSHost(None, None, False, "driver", None, ui, "1.0")) as pool:
            ps = self.run(pool, ("Read-Host", {"Prompt": "name"}), ";", ("Write-Host", {"Object": "shown"}))
            return {**streams(ps), "written": ui.written}

    def idle(self) -> typing.Any:
        """A Receive that times out at the endpoint is sent again."""
        with self.pool(self.connection(operation_timeout=1)) as pool:
            ps = self.run(pool, ("Start-Sleep", {"Seconds": 3}), ";", ("Write-Output", {"InputObject": "awake"}))
            return streams(ps)

    def wrong_password(self) -> typing.Any:
        pool = self.pool(self.connection(password="Wrong-Password-1"))
        try:
            pool.open()
        except Exception as error:
            return {"refused": type(error).__name__, "text": str(error)}
        pool.close()
        return {"refused": None}

    def wrong_configuration(self) -> typing.Any:
        pool = RunspacePool(self.connection(), configuration_name="No.Such.Configuration")
        try:
            pool.open()
        except Exception as error:
            return {"refused": type(error).__name__, "code": getattr(error, "code", None), "text": str(error)}
        pool.close()
        return {"refused": None}

    def close_while_running(self) -> typing.Any:
        pool = self.pool()
        pool.open()
        ps = PowerShell(pool)
        ps.add_cmdlet("Get-LabNumber").add_parameter("Endless", True)
        ps.begin_invoke()
        ps.poll_invoke()
        pool.close()
        return {"state": pool.state}


def main() -> None:
    socket.getaddrinfo = _resolve
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--auth", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--ca")
    parser.add_argument("--certificate", help="PEM, for --auth certificate")
    parser.add_argument("--key")
    parser.add_argument("--configuration", default="Microsoft.PowerShell")
    parser.add_argument("scenarios", nargs="+")
    arguments = parser.parse_args()
    driver = Driver(arguments)
    for name in arguments.scenarios:
        line: typing.Dict[str, typing.Any] = {"scenario": name}
        try:
            line["result"] = getattr(driver, name)()
        except Exception as error:
            line["error"] = f"{type(error).__name__}: {error}"
            line["trace"] = traceback.format_exc()
        print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
