//! Pipeline input: one JSON value per line, as PowerShell values.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use psbridge_clixml::{Object, Value};
use serde_json::Value as Json;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use crate::exit::{Exit, Failure};

/// The longest line that is read.
const MAX_LINE: u64 = 64 << 20;

/// Lines of JSON, read as the pipeline asks for them.
pub(crate) struct Input {
    name: String,
    line: u64,
    reader: BufReader<Pin<Box<dyn AsyncRead + Send>>>,
}

/// Whether `path` stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub(crate) async fn open(path: &PathBuf) -> Result<Self, Failure> {
        let (name, reader): (_, Pin<Box<dyn AsyncRead + Send>>) = if is_stdin(path) {
            ("standard input".to_owned(), Box::pin(tokio::io::stdin()))
        } else {
            let file = File::open(path)
                .await
                .map_err(|error| Failure::file(path, &error))?;
            (path.display().to_string(), Box::pin(file))
        };
        Ok(Self::new(name, reader))
    }

    fn new(name: String, reader: Pin<Box<dyn AsyncRead + Send>>) -> Self {
        Self {
            name,
            line: 0,
            reader: BufReader::new(reader),
        }
    }

    /// The next value; `None` at the end. Blank lines are passed over.
    pub(crate) async fn next(&mut self) -> Result<Option<Value>, Failure> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.line += 1;
            let read = (&mut self.reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .await;
            if read.map_err(|error| self.failure(&error.to_string()))? == 0 {
                return Ok(None);
            }
            if line.len() as u64 == MAX_LINE {
                return Err(self.failure("the line is too long"));
            }
            let text = line
                .strip_prefix(b"\xEF\xBB\xBF")
                .filter(|_| self.line == 1)
                .unwrap_or(&line);
            if text.trim_ascii().is_empty() {
                continue;
            }
            let json: Json =
                serde_json::from_slice(text).map_err(|error| self.failure(&error.to_string()))?;
            return Ok(Some(value(json)));
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let what = what.replace(" at line 1 column ", " at column ");
        Failure::new(
            Exit::Protocol,
            format!("cannot read line {} of {}: {what}", self.line, self.name),
        )
        .advice("write one JSON value on each line")
    }
}

/// A JSON value as PowerShell's `ConvertFrom-Json` types it: Int32 or Int64, Double, array, custom object.
fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(value),
        Json::String(text) => Value::String(text.into()),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(n), _) => i32::try_from(n).map_or(Value::Int64(n), Value::Int32),
            (None, Some(n)) => Value::UInt64(n),
            (None, None) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(elements) => Value::from(Object::list(
            ["System.Object[]", "System.Array", "System.Object"],
            elements.into_iter().map(value),
        )),
        Json::Object(members) => Value::from(
            members
                .into_iter()
                .fold(Object::custom(), |object, (name, member)| {
                    object.extended(name, value(member))
                }),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &'static str) -> Result<Vec<Value>, Failure> {
        let mut input = Input::new("FILE".to_owned(), Box::pin(text.as_bytes()));
        let mut values = Vec::new();
        while let Some(value) = input.next().await? {
            values.push(value);
        }
        Ok(values)
    }

    #[tokio::test]
    async fn json_is_typed_as_powershell_types_it() {
        let values = all("null\n true\n\n1\n3000000000\n18446744073709551615\n1.5\r\n\"x\"")
            .await
            .unwrap();
        let expected = [
            Value::Nil,
            Value::Bool(true),
            Value::Int32(1),
            Value::Int64(3_000_000_000),
            Value::UInt64(u64::MAX),
            Value::Double(1.5),
            Value::String("x".into()),
        ];
        assert_eq!(values, expected);
    }

    #[tokio::test]
    async fn containers_become_arrays_and_custom_objects() {
        let values = all("[1, [2]]\n{\"Name\": \"x\", \"Tags\": []}").await.unwrap();
        assert_eq!(values[0].as_list().map(<[_]>::len), Some(2));
        let object = values[1].as_object().unwrap();
        assert!(
            object
                .type_names
                .contains("System.Management.Automation.PSCustomObject")
        );
        assert_eq!(object.extended.get("name"), Some(&Value::String("x".into())));
    }

    #[tokio::test]
    async fn a_bad_line_is_named() {
        let failure = all("1\n{\n").await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Protocol);
        assert!(failure.to_string().contains("line 2 of FILE"), "{failure}");
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_passed() {
        assert_eq!(all("\u{feff}1").await.unwrap(), [Value::Int32(1)]);
    }
}
