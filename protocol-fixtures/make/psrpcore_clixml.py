"""Makes ../psrpcore.clixml and ../psrpcore-utf16.clixml: a file with a value of each kind on each stream, as PowerShell
writes them to standard error, by psrpcore's serializer. Run it with the Python of the tests:

    .venv/bin/python protocol-fixtures/make/psrpcore_clixml.py
"""

import datetime
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

import commands  # noqa: E402
from psrpcore._crypto import PSRemotingCrypto  # noqa: E402
from psrpcore.types import (  # noqa: E402
    ClixmlStream,
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    InformationRecord,
    NETException,
    ProgressRecord,
    ProgressRecordType,
    PSDateTime,
    serialize_clixml,
)

FOLDER = ROOT / "protocol-fixtures"


def main() -> None:
    values = [(value, ClixmlStream.OUTPUT) for value in commands.get_values(None, {}, iter(()), None)]
    values.append((PSDateTime(2026, 11, 21, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))), ClixmlStream.OUTPUT))
    error = ErrorRecord(
        Exception=NETException(Message="wrong", InnerException=NETException(Message="inner")),
        CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.InvalidData, Activity="Fixture"),
        FullyQualifiedErrorId="Wrong,Fixture",
    )
    values += [
        (error, ClixmlStream.ERROR),
        ("an error's text_x000D__x000A_", ClixmlStream.ERROR),
        ("a warning", ClixmlStream.WARNING),
        ("a verbose line", ClixmlStream.VERBOSE),
        ("a debug line", ClixmlStream.DEBUG),
        (InformationRecord.create("information", "fixture", time_generated=PSDateTime(2026, 11, 21)), ClixmlStream.INFORMATION),
        (
            ProgressRecord(
                Activity="Preparing",
                ActivityId=1,
                StatusDescription="half",
                CurrentOperation=None,
                ParentActivityId=-1,
                PercentComplete=50,
                RecordType=ProgressRecordType.Processing,
                SecondsRemaining=-1,
            ),
            ClixmlStream.PROGRESS,
        ),
    ]
    text = serialize_clixml(values, PSRemotingCrypto())
    (FOLDER / "psrpcore.clixml").write_bytes(b"#< CLIXML\r\n" + text.encode("utf-8"))
    (FOLDER / "psrpcore-utf16.clixml").write_bytes(text.encode("utf-16"))
    print(f"{len(values)} values")


if __name__ == "__main__":
    main()
