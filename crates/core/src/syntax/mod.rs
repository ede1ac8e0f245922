//! The pipeline syntax: text like `Get-User -ResultSize 5 | Select-Object Name` as commands.
//!
//! Endpoints without a language (Exchange, JEA) refuse scripts but run commands, so the text is parsed here and sent as
//! commands with their arguments. The syntax is the part of PowerShell that needs no language; what it accepts means
//! what PowerShell means by it, and arguments become the values that PowerShell would send for the same text.
//!
//! # Grammar
//!
//! ```text
//! program    = *separator statement *( 1*separator statement ) *separator
//! separator  = ";" / line-end
//! statement  = command *( "|" command )            a line may end after "|" or begin with it
//! command    = word *argument
//! argument   = "-" name ":" values                 -Name:value, -Flag:$false
//!            / "-" name values                     -Name value
//!            / "-" name                            -Flag, sent as true; before another parameter or at the end
//!            / values                              positional
//! values     = value *( "," value )                two and more are an array; a line may end after ","
//! value      = quoted / constant / array / hashtable / number / word
//! quoted     = "'" *( char / "''" ) "'"
//!            / %x22 *( char / %x22.22 / escape ) %x22
//! constant   = "$true" / "$false" / "$null"
//! array      = "@(" [ items *( separator items ) ] ")"
//! hashtable  = "@{" [ entry *( separator entry ) ] "}"
//! entry      = ( key-name / quoted / number ) "=" items
//! items      = item *( "," item )
//! item       = quoted / constant / array / hashtable / number / "," item
//! number     = [ "+" / "-" ] ( digits [ "." [ digits ] ] [ exponent ] / "." digits [ exponent ]
//!                            / "0x" hex-digits / "0b" binary-digits ) [ suffix ] [ multiplier ]
//! suffix     = "l" / "u" / "ul" / "s" / "us" / "y" / "uy" / "d"
//! multiplier = "kb" / "mb" / "gb" / "tb" / "pb"
//! ```
//!
//! * **Words** end at white space and at `& ( ) , ; { | }`. Quotes inside a word are removed (`a'b c'd` is `ab cd`) and
//!   a backtick takes the next character as it is. A value that *begins* with a quote ends with it: `'a'b` is two
//!   arguments, as in PowerShell.
//! * **Quotes**: typographic quotes and dashes are what they look like, as in PowerShell. Inside quotes a doubled quote
//!   stands for one. Inside double quotes a backtick escapes: `` `0 `a `b `e `f `n `r `t `v `u{1F600} ``, any other
//!   character stands for itself; `$` must be escaped. Text may span lines.
//! * **Parameters**: a dash and a letter, `_` or `?`. A dash and a digit is a number. A value after a parameter is its
//!   value, because the text alone does not tell switches from others: write `-Flag:$true` before a positional value.
//! * **Numbers**: Int32, or else Int64, Decimal or Double, whichever holds it first; with a point or an exponent
//!   Double. Suffixes choose Int64 (`l`), UInt32 or UInt64 (`u`), UInt64 (`ul`), Int16, UInt16, SByte, Byte, Decimal
//!   (`d`). A word that only begins like a number (`7z`, `1.2.3`, `300y`) is a word. An argument whose text differs
//!   from .NET's (`007`, `1kb`) is sent with that text beside the number, so that a string parameter gets the text.
//! * **Arrays and hashtables** are sent as `System.Object[]` and `System.Collections.Hashtable`. `@(…)` takes the
//!   arrays that stand directly in it apart, and a comma in front makes an array of one, as in PowerShell. A bare word
//!   in either would run a command, and is refused.
//! * A **command name** is a word and is not quoted. Words of the language (`if`, `foreach`, …) cannot begin a
//!   statement, but may follow `|`.
//!
//! Everything else is refused, at its place: variables, sub-expressions, parentheses, script blocks, redirection, `&`,
//! dot-sourcing, `&&`, `||`, members (`'a'.Length`), operators, casts, here-strings, splatting, comments, `--`.

mod chars;
mod cursor;
mod error;
mod literal;
mod number;
mod operand;
mod parser;
mod print;
#[cfg(test)]
mod tests;
mod values;

use psbridge_protocol::payload::{Argument, Command, Merges, Statement};

pub use error::SyntaxError;
pub use print::Unprintable;

use parser::{ArgumentText, CommandText};

/// Reads a text as statements.
///
/// ```
/// let statements = psbridge::syntax::parse("Get-User -ResultSize 5 | Select-Object Name, Title")?;
/// assert_eq!(statements[0][0].name, "Get-User");
/// assert_eq!(statements[0][1].arguments[0].name, None);
/// # Ok::<(), psbridge::syntax::SyntaxError>(())
/// ```
///
/// # Errors
/// The place of the first thing that is not part of the grammar.
pub fn parse(text: &str) -> Result<Vec<Statement>, SyntaxError> {
    let statements = parser::Parser::new(text).program()?;
    let command = |command: CommandText| {
        let arguments = command.arguments.into_iter();
        Command {
            arguments: arguments
                .map(|argument| Argument {
                    name: argument.name,
                    value: values::argument(argument.value),
                })
                .collect(),
            ..Command::new(command.name)
        }
    };
    let statement = |commands: Vec<CommandText>| commands.into_iter().map(command).collect();
    Ok(statements.into_iter().map(statement).collect())
}

/// Writes statements as text.
///
/// Statements that [`parse`] gave are written so that they parse to the same. Others are where they can be; a number
/// that PowerShell would not type so by itself gets a suffix (`5L`) and then parses to that number with its text.
///
/// # Errors
/// When a command, a name or a value has no form in the grammar.
pub fn to_text(statements: &[Statement]) -> Result<String, Unprintable> {
    let mut texts = Vec::with_capacity(statements.len());
    for statement in statements {
        texts.push(
            statement
                .iter()
                .map(command_text)
                .collect::<Result<Vec<_>, _>>()?,
        );
    }
    print::statements(&texts)
}

fn command_text(command: &Command) -> Result<CommandText, Unprintable> {
    if command.is_script {
        return Err(Unprintable::Script);
    }
    if command.merges != Merges::default() {
        return Err(Unprintable::Merge);
    }
    let arguments = command.arguments.iter().map(|argument| {
        Ok(ArgumentText {
            name: argument.name.clone(),
            value: values::literal(&argument.value)?,
        })
    });
    Ok(CommandText {
        name: command.name.clone(),
        arguments: arguments.collect::<Result<_, _>>()?,
    })
}
