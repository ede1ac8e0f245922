"""The commands that the endpoint knows. Each takes the pipeline's context, its parameters and its input, and yields
what it writes to the output stream."""

import datetime
import decimal
import typing
import uuid

import psrpcore
from psrpcore.types import (
    CommandMetadataCount,
    ConsoleColor,
    Coordinates,
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorDetails,
    HostMethodIdentifier,
    NETException,
    ProgressRecordType,
    PSByte,
    PSByteArray,
    PSChar,
    PSCredential,
    PSCustomObject,
    PSDateTime,
    PSDecimal,
    PSDict,
    PSDouble,
    PSDuration,
    PSGuid,
    PSInt,
    PSInt16,
    PSInt64,
    PSList,
    PSNoteProperty,
    PSQueue,
    PSSByte,
    PSScriptBlock,
    PSSecureString,
    PSSingle,
    PSStack,
    PSString,
    PSUInt,
    PSUInt16,
    PSUInt64,
    PSUri,
    PSVersion,
    PSXml,
    SessionStateEntryVisibility,
)
from psrpcore.types._collection import PSIEnumerable

#: Text with everything that CLIXML must escape.
NASTY = "tab\there _x0041_ _X _ __x nul\x00 del\x7f c1\x85 astral\U0001f600 <&>\"' é\r\nend _x001G_"

Parameters = typing.Dict[str, typing.Any]
Inputs = typing.Iterator[typing.Any]


class Terminating(Exception):
    """Ends the pipeline in state Failed."""

    def __init__(
        self, text: str, error_id: str, reason: str, category: ErrorCategory = ErrorCategory.NotSpecified
    ) -> None:
        super().__init__(text)
        self.error_id = error_id
        self.reason = reason
        self.category = category


def statements(description: psrpcore.PowerShell) -> typing.Iterator[typing.List[psrpcore.Command]]:
    statement: typing.List[psrpcore.Command] = []
    for command in description.commands:
        statement.append(command)
        if command.end_of_statement:
            yield statement
            statement = []


def pipeline(context: typing.Any, statement: typing.List[psrpcore.Command]) -> Inputs:
    """The commands of one statement, each fed with the output of the one before it."""
    values: Inputs = context.input()
    for command in statement:
        if command.is_script:
            values = iter([PSString(f"script: {command.command_text}")])
            continue
        known = KNOWN.get(command.command_text.lower())
        if known is None:
            raise Terminating(
                f"The term '{command.command_text}' is not recognized as the name of a cmdlet, function, script "
                "file, or operable program.",
                "CommandNotFoundException",
                "CommandNotFoundException",
                ErrorCategory.ObjectNotFound,
            )
        parameters = {str(name).lower(): value for name, value in command.parameters if name is not None}
        values = known(context, parameters, values, command)
    return values


def metadata(names: typing.Any) -> typing.List[typing.Any]:
    wanted = [str(name).lower() for name in (names or ["*"])]
    found = [name for name in sorted(KNOWN) if "*" in wanted or name in wanted]
    described: typing.List[typing.Any] = [CommandMetadataCount(Count=len(found))]
    for name in found:
        described.append(
            PSCustomObject(
                PSTypeName="Selected.System.Management.Automation.CmdletInfo",
                Name=name,
                Namespace="psrpcore",
                HelpUri="",
                CommandType=PSInt(8),
                ResolvedCommandName=None,
                OutputType=PSList([]),
                Parameters=PSDict({}),
            )
        )
    return described


def user(number: int) -> PSCustomObject:
    return PSCustomObject(
        PSTypeName="Deserialized.Peer.User",
        Name=f"User {number}",
        Number=PSInt(number),
        Guid=PSGuid(uuid.UUID(int=number)),
        WhenChanged=PSDateTime(2026, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=number),
        EmailAddresses=PSList([f"SMTP:user{number}@peer.example", f"smtp:u{number}@peer.example"]),
        HiddenFromAddressListsEnabled=number % 2 == 0,
    )


def get_values(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    yield PSString(NASTY)
    yield PSString("")
    yield PSChar("x")
    yield True
    yield PSDateTime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc, nanosecond=200)
    yield PSDateTime(2026, 11, 21, 3, 4, 5)
    yield PSDuration(days=1, hours=2, minutes=3, seconds=4, nanoseconds=100)
    yield PSByte(255)
    yield PSSByte(-128)
    yield PSUInt16(65535)
    yield PSInt16(-32768)
    yield PSUInt(4294967295)
    yield PSInt(-2147483648)
    yield PSUInt64(18446744073709551615)
    yield PSInt64(-9223372036854775808)
    yield PSSingle(1.5)
    yield PSDouble(float("nan"))
    yield PSDouble(1e300)
    yield PSDecimal(decimal.Decimal("-79228162514264337593543950335"))
    yield PSByteArray(bytes(range(256)))
    yield PSGuid("01020304-0506-0708-090a-0b0c0d0e0f10")
    yield PSUri("https://peer.example/ä b")
    yield None
    yield PSVersion("1.2.3.4")
    yield PSXml("<a b=\"1\">&amp;</a>")
    yield PSScriptBlock("Get-Item $_")
    yield ConsoleColor.DarkCyan
    yield PSList([PSInt(1), "two", None])
    yield PSList([])
    yield PSStack(["bottom", "top"])
    queue = PSQueue()
    queue.put("first")
    queue.put("second")
    yield queue
    yield PSIEnumerable([PSInt64(1), PSInt64(2)])
    yield PSDict({"one": PSInt(1), "Two": PSList([True])})
    noted = PSString("with notes")
    noted.PSObject.extended_properties.append(PSNoteProperty("PSComputerName", "peer"))
    yield noted
    shared = PSCustomObject(Inner="once")
    yield PSCustomObject(First=shared, Again=shared, Nothing=None)
    cycle = PSCustomObject(Name="cycle", Self=None)
    cycle.Self = cycle
    yield cycle


def get_users(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    for number in range(int(parameters.get("count", 10))):
        yield user(number)


def get_blob(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    size = int(parameters["size"])
    yield PSString(("0123456789abcdef" * (size // 16 + 1))[:size])


def get_endless(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    number = 0
    while True:
        yield user(number)
        number += 1


def get_arguments(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    """What the client sent, as psrpcore's deserializer took it."""
    for name, value in command.parameters:
        yield PSCustomObject(Name=name, Type=type(value).__name__, Text=describe(value))


def describe(value: typing.Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={describe(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(describe(item) for item in value) + "]"
    if isinstance(value, PSSecureString):
        return f"SecureString({value.decrypt()})"
    return f"{type(value).__name__}({value})"


def echo_input(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    for value in inputs:
        yield value


def describe_input(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    for value in inputs:
        yield PSString(describe(value))


def measure(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    count = 0
    for _ in inputs:
        count += 1
    yield PSCustomObject(Count=PSInt(count))


def write_streams(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    yield PSString("output 1")
    context.write(
        lambda p: p.write_error(
            NETException(Message="exception text", HResult=-2146233087),
            category_info=ErrorCategoryInfo(
                Category=ErrorCategory.ObjectNotFound,
                Activity="Write-Streams",
                Reason="PeerException",
                TargetName="nobody",
                TargetType="String",
            ),
            target_object="nobody",
            fully_qualified_error_id="PeerError,Write-Streams",
            error_details=ErrorDetails(Message="text of the details", RecommendedAction="look elsewhere"),
            script_stack_trace="at <ScriptBlock>, <No file>: line 1",
        )
    )
    context.write(lambda p: p.write_warning("a warning"))
    context.write(lambda p: p.write_verbose("a verbose line"))
    context.write(lambda p: p.write_debug("a debug line"))
    context.write(
        lambda p: p.write_information(
            PSString("an information"),
            source="Write-Streams",
            time_generated=PSDateTime(2026, 11, 21, 1, 2, 3, tzinfo=datetime.timezone.utc),
            tags=["PSHOST", "tagged"],
            user="PEER\\user",
            computer="peer",
            process_id=4242,
            native_thread_id=7,
            managed_thread_id=9,
        )
    )
    context.write(
        lambda p: p.write_progress(
            "an activity",
            3,
            "half way",
            current_operation="copying",
            parent_activity_id=1,
            percent_complete=50,
            seconds_remaining=10,
        )
    )
    context.write(lambda p: p.write_progress("an activity", 3, "done", record_type=ProgressRecordType.Completed))
    yield PSString("output 2")


def write_failures(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    """Output, a non-terminating error, then a terminating one."""
    yield PSString("before the failure")
    context.write(
        lambda p: p.write_error(
            NETException(Message="not fatal"),
            category_info=ErrorCategoryInfo(Category=ErrorCategory.InvalidData),
            fully_qualified_error_id="NotFatal",
        )
    )
    raise Terminating("it is over", "Fatal,Write-Failures", "PeerException", ErrorCategory.InvalidOperation)


def wait_quiet(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    """Says nothing for some seconds, so that Receive times out, then one line."""
    context.wait(float(parameters["seconds"]))
    yield PSString("awake")


def invoke_host(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    """Calls the client's host: void methods, then one that waits for its answer."""
    context.host_call(HostMethodIdentifier.WriteLine2, [PSString("to the host")], on_pool=False)
    context.host_call(HostMethodIdentifier.SetCursorPosition, [Coordinates(X=1, Y=2)], on_pool=False)
    context.host_call(HostMethodIdentifier.WriteLine2, [PSString("to the pool's host")], on_pool=True)
    answer = context.host_call(HostMethodIdentifier.ReadLine, [], on_pool=False)
    error = getattr(answer.error, "Exception", None)
    yield PSCustomObject(
        Returned=answer.result,
        Refused=error is not None or answer.error is not None,
        Text=str(getattr(error, "Message", answer.error)),
    )


def raise_event(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    with context.shell.changed:
        context.shell.pool.send_event(
            7,
            "Peer.Event",
            sender="the endpoint",
            source_args=[PSInt(1)],
            message_data=PSDict({"Key": "Value"}),
            time_generated=PSDateTime(2026, 11, 21, 1, 2, 3, tzinfo=datetime.timezone.utc),
            computer="peer",
        )
        context.shell.flush()
    yield PSString("raised")


def request_key(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    """Asks for the client's public key as servers before 2.2 do, and tells whether one came."""
    with context.shell.changed:
        context.shell.pool.request_key()
        context.shell.flush()
    context.wait(float(parameters.get("seconds", 1)))
    yield any(message["type"] == "PublicKey" for message in context.shell.pool.heard)


def get_secret(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    yield PSSecureString("s3cret ü")
    yield PSCredential(UserName="PEER\\user", Password=PSSecureString("s3cret ü"))


def get_visibility(context: typing.Any, parameters: Parameters, inputs: Inputs, command: typing.Any) -> Inputs:
    yield SessionStateEntryVisibility.Private


KNOWN: typing.Dict[str, typing.Callable[..., Inputs]] = {
    "get-values": get_values,
    "get-users": get_users,
    "get-blob": get_blob,
    "get-endless": get_endless,
    "get-arguments": get_arguments,
    "get-secret": get_secret,
    "get-visibility": get_visibility,
    "echo-input": echo_input,
    "describe-input": describe_input,
    "measure-input": measure,
    "write-streams": write_streams,
    "write-failures": write_failures,
    "wait-quiet": wait_quiet,
    "invoke-host": invoke_host,
    "raise-event": raise_event,
    "request-key": request_key,
}
