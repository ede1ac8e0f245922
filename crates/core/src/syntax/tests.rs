//! Each rule of the grammar, and the laws that tie parser and printer together.

use proptest::prelude::*;
use psbridge_clixml::{Content, Object, Value};
use rust_decimal::Decimal;

use super::literal::Literal;
use super::number::Number;
use super::parser::{ArgumentText, CommandText, Parser};
use super::{SyntaxError, parse, print, to_text, values};

fn commands(text: &str) -> Vec<Vec<CommandText>> {
    Parser::new(text)
        .program()
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn refused(text: &str) -> SyntaxError {
    Parser::new(text).program().expect_err(text)
}

/// The arguments of the only command, as `name=value`.
fn arguments(text: &str) -> Vec<ArgumentText> {
    let mut statements = commands(text);
    assert_eq!(statements.len(), 1, "{text}");
    assert_eq!(statements[0].len(), 1, "{text}");
    statements.remove(0).remove(0).arguments
}

/// The only positional argument of `C`.
fn value(text: &str) -> Literal {
    let mut arguments = arguments(&format!("C {text}"));
    assert_eq!(arguments.len(), 1, "{text}: {arguments:?}");
    let argument = arguments.remove(0);
    assert_eq!(argument.name, None, "{text}");
    argument.value
}

fn named(name: &str, value: Literal) -> ArgumentText {
    ArgumentText {
        name: Some(name.to_owned()),
        value,
    }
}

fn positional(value: Literal) -> ArgumentText {
    ArgumentText { name: None, value }
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

fn int(n: i32) -> Literal {
    Literal::Number {
        value: Number::I32(n),
        text: n.to_string(),
    }
}

fn names(text: &str) -> Vec<Vec<String>> {
    let statement = |commands: Vec<CommandText>| commands.into_iter().map(|command| command.name).collect();
    commands(text).into_iter().map(statement).collect()
}

#[test]
fn pipes_join_commands_and_separators_part_statements() {
    assert_eq!(names("A"), [["A"]]);
    assert_eq!(names(" A | B|C "), [["A", "B", "C"]]);
    assert_eq!(names("A; B;;\n C ;"), [["A"], ["B"], ["C"]]);
    assert_eq!(names("A\r\nB"), [["A"], ["B"]]);
    assert_eq!(names("A |\n B\n | C"), [["A", "B", "C"]]);
    assert_eq!(names("A `\n| B"), [["A", "B"]]);
    assert_eq!(names("Module\\Get-It"), [["Module\\Get-It"]]);
    assert_eq!(names("./tool.exe"), [["./tool.exe"]]);
    assert_eq!(names("A | foreach Name | %"), [["A", "foreach", "%"]]);
    assert_eq!(names("7z"), [["7z"]]);
    assert_eq!(names("Get' 'It`n"), [["Get It\n"]]);
}

#[test]
fn parameters_take_values_or_are_switches() {
    assert_eq!(arguments("C -Name x"), [named("Name", text("x"))]);
    assert_eq!(arguments("C -Name:x"), [named("Name", text("x"))]);
    assert_eq!(arguments("C -Name: x"), [named("Name", text("x"))]);
    assert_eq!(arguments("C -Flag"), [named("Flag", Literal::Bool(true))]);
    assert_eq!(arguments("C -Flag:$false"), [named("Flag", Literal::Bool(false))]);
    assert_eq!(
        arguments("C -A -B -C 1"),
        [
            named("A", Literal::Bool(true)),
            named("B", Literal::Bool(true)),
            named("C", int(1))
        ]
    );
    assert_eq!(
        arguments("C -A;D".split(';').next().unwrap()),
        [named("A", Literal::Bool(true))]
    );
    assert_eq!(
        arguments("C -Flag:$true x"),
        [named("Flag", Literal::Bool(true)), positional(text("x"))]
    );
    assert_eq!(arguments("C \u{2013}Name x"), [named("Name", text("x"))]);
    assert_eq!(arguments("C -?"), [named("?", Literal::Bool(true))]);
    assert_eq!(arguments("C -Name 'it''s'"), [named("Name", text("it's"))]);
    assert_eq!(
        arguments("C x -A y z"),
        [
            positional(text("x")),
            named("A", text("y")),
            positional(text("z"))
        ]
    );
}

#[test]
fn a_dash_and_a_digit_is_a_number() {
    assert_eq!(arguments("C -Days -5"), [named("Days", int(-5))]);
    assert_eq!(value("-5"), int(-5));
    assert_eq!(
        value("-.5"),
        Literal::Number {
            value: Number::Double(-0.5),
            text: "-.5".into()
        }
    );
    assert_eq!(value("-5x"), text("-5x"));
    assert_eq!(value("-"), text("-"));
    assert_eq!(value("'-Name'"), text("-Name"));
}

#[test]
fn single_quotes_take_text_as_it_is() {
    assert_eq!(value("'a $b `n \"c\" | ; #'"), text("a $b `n \"c\" | ; #"));
    assert_eq!(value("'it''s'"), text("it's"));
    assert_eq!(value("''"), text(""));
    assert_eq!(value("'a\nb'"), text("a\nb"));
    assert_eq!(value("\u{2018}it\u{2019}\u{2019}s\u{201b}"), text("it\u{2019}s"));
}

#[test]
fn double_quotes_escape_with_backticks() {
    assert_eq!(value(r#""a 'b' c""#), text("a 'b' c"));
    assert_eq!(value(r#""say ""hi""""#), text("say \"hi\""));
    assert_eq!(value("\"`$5 `\"x`\" ``\""), text("$5 \"x\" `"));
    assert_eq!(
        value("\"`0`a`b`e`f`n`r`t`v`z\""),
        text("\0\u{7}\u{8}\u{1b}\u{c}\n\r\t\u{b}z")
    );
    assert_eq!(value("\"`u{1F600}\""), text("\u{1F600}"));
    assert_eq!(value("\u{201c}a\u{201d}"), text("a"));
}

#[test]
fn a_value_that_begins_with_a_quote_ends_with_it() {
    assert_eq!(
        arguments("C 'a'b"),
        [positional(text("a")), positional(text("b"))]
    );
    assert_eq!(
        arguments("C \"a\"'b'"),
        [positional(text("a")), positional(text("b"))]
    );
    assert_eq!(value("a'b c'd\"e f\""), text("ab cde f"));
}

#[test]
fn words_are_text() {
    for word in [
        "a",
        "a.b@c.example",
        "a#b",
        "C:\\x",
        "*",
        "a=b",
        "=",
        "[int]5",
        "7z",
        "1.2.3",
        "1..5",
        "true",
        "300y",
        "~",
        "%x%",
    ] {
        assert_eq!(value(word), text(word), "{word}");
    }
    assert_eq!(value("a` b`,c`$d"), text("a b,c$d"));
    assert_eq!(value("`n"), text("\n"));
}

#[test]
fn constants_ignore_case() {
    assert_eq!(value("$TRUE"), Literal::Bool(true));
    assert_eq!(value("$False"), Literal::Bool(false));
    assert_eq!(value("$null"), Literal::Null);
    assert_eq!(
        value("$true,$null"),
        Literal::Array(vec![Literal::Bool(true), Literal::Null])
    );
}

#[test]
fn commas_make_arrays() {
    let abc = Literal::Array(vec![text("a"), int(2), text("c d")]);
    assert_eq!(value("a,2,'c d'"), abc);
    assert_eq!(value("a , 2,\n 'c d'"), abc);
    assert_eq!(
        arguments("C -Names a, b x"),
        [
            named("Names", Literal::Array(vec![text("a"), text("b")])),
            positional(text("x"))
        ]
    );
    assert_eq!(
        value("@(1),2"),
        Literal::Array(vec![Literal::Array(vec![int(1)]), int(2)])
    );
}

#[test]
fn array_operator_takes_arrays_apart_once() {
    assert_eq!(value("@()"), Literal::Array(vec![]));
    assert_eq!(value("@('a')"), Literal::Array(vec![text("a")]));
    assert_eq!(value("@(1, 2)"), Literal::Array(vec![int(1), int(2)]));
    assert_eq!(value("@(1; 2\n3)"), Literal::Array(vec![int(1), int(2), int(3)]));
    assert_eq!(
        value("@(@(1, 2); 3)"),
        Literal::Array(vec![int(1), int(2), int(3)])
    );
    assert_eq!(
        value("@(@(1, 2), 3)"),
        Literal::Array(vec![Literal::Array(vec![int(1), int(2)]), int(3)])
    );
    assert_eq!(
        value("@(,@(1, 2))"),
        Literal::Array(vec![Literal::Array(vec![int(1), int(2)])])
    );
    assert_eq!(value("@($null)"), Literal::Array(vec![Literal::Null]));
}

#[test]
fn hashtables_have_keys_and_values() {
    assert_eq!(value("@{}"), Literal::Table(vec![]));
    assert_eq!(
        value("@{a = 1; 'b c' = 'x', 'y'\n 3=@{}}"),
        Literal::Table(vec![
            (text("a"), int(1)),
            (text("b c"), Literal::Array(vec![text("x"), text("y")])),
            (int(3), Literal::Table(vec![])),
        ])
    );
    assert_eq!(
        value("@{if=$true}"),
        Literal::Table(vec![(text("if"), Literal::Bool(true))])
    );
}

#[test]
fn everything_else_is_refused_at_its_place() {
    let cases: &[(&str, usize, &str)] = &[
        ("", 0, "there is no command"),
        (" ; \n", 4, "there is no command"),
        ("Get-User $name", 9, "variables"),
        ("Get-User \"x $name\"", 12, "variables"),
        ("Get-User a$b", 10, "variables"),
        ("Get-User $trueish", 9, "variables"),
        ("Get-User ${true}", 9, "variables"),
        ("Get-User $(Get-Date)", 9, "sub-expressions"),
        ("Get-User \"$(Get-Date)\"", 10, "sub-expressions"),
        ("Get-User (Get-Date)", 9, "parentheses"),
        ("Get-User | Where-Object { $_.Name }", 24, "script blocks"),
        ("Get-User > file", 9, "redirection"),
        ("Get-User 2>&1", 9, "redirection"),
        ("Get-User *> file", 9, "redirection"),
        ("Get-User a<b", 10, "redirection"),
        ("& 'My Command'", 0, "call operator"),
        (". ./profile.ps1", 0, "dot-sourcing"),
        ("A && B", 2, "&&"),
        ("A || B", 2, "||"),
        ("A & ", 2, "&"),
        ("A |", 3, "missing after |"),
        ("A | ; B", 4, "missing after |"),
        ("| A", 0, "expected"),
        ("'Get-User'", 0, "not a value"),
        ("5 | A", 0, "not a value"),
        ("@(1) | A", 0, "not a value"),
        ("A | 5", 4, "not a value"),
        ("[int]5", 0, "not a value"),
        ("-Name x", 0, "not a value"),
        ("if (1) { A }", 0, "statement of the language"),
        ("ForEach x", 0, "statement of the language"),
        (":label A", 0, "labels"),
        ("A 'x'.Length", 5, "members"),
        ("A @(1)[0]", 6, "members"),
        ("A 'x'::y", 5, "members"),
        ("A @splat", 2, "splatting"),
        ("A @'\nx\n'@", 2, "here-strings"),
        ("A #comment", 2, "comments"),
        ("A --%", 2, "one dash"),
        ("A --Name x", 2, "one dash"),
        ("A -Name=x", 7, "does not follow ="),
        ("A -Name.x", 7, "parameter's name"),
        ("A -Name'x'", 7, "parameter's name"),
        ("A -Name:", 8, "missing"),
        ("A -Name:\nx", 8, "missing"),
        ("A -Name,x", 7, "missing"),
        ("A x,", 4, "missing next to the comma"),
        ("A x,;", 4, "missing next to the comma"),
        ("A ,x", 2, "missing next to the comma"),
        ("A x,,y", 4, "missing next to the comma"),
        ("A x,-Name", 4, "cannot stand in an array"),
        ("A 'x", 2, "never closed"),
        ("A \"x", 2, "never closed"),
        ("A a'x", 3, "never closed"),
        ("A `", 2, "nothing follows"),
        ("A \"`u{110000}\"", 3, "not the escape"),
        ("A \"`u{}\"", 3, "not the escape"),
        ("A \"`u{d800}\"", 3, "not the escape"),
        ("A @(1", 2, "never closed"),
        ("A @(1 + 2)", 6, "expressions"),
        ("A @(x)", 4, "run a command"),
        ("A @(A | B)", 4, "run a command"),
        ("A @('a' | B)", 8, "pipelines"),
        ("A @(1,)", 6, "missing here"),
        ("A @{", 2, "never closed"),
        ("A @{a}", 5, "= is missing"),
        ("A @{a=}", 6, "missing here"),
        ("A @{a=b}", 6, "run a command"),
        ("A @{$a=1}", 4, "key"),
        ("A @{a=1;A=2}", 8, "given twice"),
        ("A )", 2, "nothing is open"),
        ("A }", 2, "nothing is open"),
        ("A 5n", 2, "arbitrary size"),
    ];
    for (text, offset, message) in cases {
        let error = refused(text);
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert_eq!(error.offset, *offset, "{text}: {}", error.message);
        assert!(!error.hint.is_empty(), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("C {}{}", "@(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(32)).is_ok());
    assert!(refused(&nested(33)).message.contains("nested too deeply"));
    assert!(refused(&nested(100_000)).message.contains("nested too deeply"));
    assert!(
        refused(&format!("C @({}1)", ",".repeat(100_000)))
            .message
            .contains("nested too deeply")
    );
}

#[test]
fn arguments_are_the_values_that_powershell_sends() {
    let sent = |text: &str| {
        let statements = parse(&format!("C {text}")).unwrap();
        statements[0][0].arguments[0].value.clone()
    };
    let array = |elements: &Value| match elements {
        Value::Object(object) => (
            object.type_names.iter().map(str::to_owned).collect::<Vec<_>>(),
            object.content.clone(),
        ),
        other => panic!("{other:?}"),
    };
    assert_eq!(sent("1"), Value::Int32(1));
    assert_eq!(sent("3000000000"), Value::Int64(3_000_000_000));
    assert_eq!(sent("1.5"), Value::Double(1.5));
    assert_eq!(sent("x"), Value::String("x".into()));
    assert_eq!(sent("'1'"), Value::String("1".into()));
    assert_eq!(sent("$true"), Value::Bool(true));
    assert_eq!(sent("$null"), Value::Nil);
    let (types, content) = array(&sent("1,1kb"));
    assert_eq!(types, ["System.Object[]", "System.Array", "System.Object"]);
    assert_eq!(
        content,
        Content::List(
            psbridge_clixml::ListKind::List,
            vec![Value::Int32(1), Value::Int32(1024)]
        )
    );
    let (types, content) = array(&sent("@{k=1.5d}"));
    assert_eq!(types, ["System.Collections.Hashtable", "System.Object"]);
    let entry = (Value::String("k".into()), Value::Decimal("1.5".parse().unwrap()));
    assert_eq!(content, Content::Dictionary(vec![entry]));
}

#[test]
fn numbers_keep_a_text_that_is_not_their_own() {
    let cases = [
        ("007", Value::Int32(7)),
        ("0x1F", Value::Int32(31)),
        ("1kb", Value::Int32(1024)),
        ("1L", Value::Int64(1)),
        ("1d", Value::Decimal(Decimal::ONE)),
        ("1e3", Value::Double(1000.0)),
        ("+5", Value::Int32(5)),
    ];
    for (text, number) in cases {
        let statements = parse(&format!("C {text}")).unwrap();
        let expected = Object::bag()
            .with_to_string(text)
            .with_content(Content::Value(number));
        assert_eq!(
            statements[0][0].arguments[0].value,
            Value::from(expected),
            "{text}"
        );
    }
}

#[test]
fn text_is_readable() {
    let round = |text: &str| to_text(&parse(text).unwrap()).unwrap();
    assert_eq!(
        round("get-user  -ResultSize:5 -Flag|select-object Name,'First Name' -First 1kb; B $null"),
        "get-user -ResultSize 5 -Flag | select-object Name, 'First Name' -First 1kb; B $null"
    );
    assert_eq!(round("C -Flag:$true x"), "C -Flag:$true x");
    assert_eq!(round("C @{a='it''s';b=1L,2}"), "C @{a = 'it''s'; b = @(1l, 2)}");
}

#[test]
fn what_has_no_text_is_refused() {
    let command = |value: Value| {
        let mut statements = parse("C x").unwrap();
        statements[0][0].arguments[0].value = value;
        to_text(&statements)
    };
    assert_eq!(command(Value::Char(65)), Err(print::Unprintable::Value));
    assert_eq!(command(Value::Double(f64::NAN)), Err(print::Unprintable::Value));
    let mut statements = parse("C -A x").unwrap();
    statements[0][0].arguments[0].name = Some("A B".into());
    assert_eq!(to_text(&statements), Err(print::Unprintable::ParameterName));
    statements[0][0].name = String::new();
    assert_eq!(to_text(&statements), Err(print::Unprintable::EmptyName));
    statements[0][0].is_script = true;
    assert_eq!(to_text(&statements), Err(print::Unprintable::Script));
    assert_eq!(to_text(&[]), Err(print::Unprintable::NoCommand));
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i8>().prop_map(Number::I8),
        any::<u8>().prop_map(Number::U8),
        any::<i16>().prop_map(Number::I16),
        any::<u16>().prop_map(Number::U16),
        any::<i32>().prop_map(Number::I32),
        any::<u32>().prop_map(Number::U32),
        any::<i64>().prop_map(Number::I64),
        any::<u64>().prop_map(Number::U64),
        any::<f64>()
            .prop_filter("no literal", |n| n.is_finite())
            .prop_map(Number::Double),
        (-(1i128 << 95)..(1i128 << 95), 0u32..=28).prop_map(|(n, scale)| {
            let mut decimal = Decimal::from_i128_with_scale(n, scale);
            // Zero has no sign here.
            if decimal.is_zero() {
                decimal.set_sign_positive(true);
            }
            Number::Decimal(decimal)
        }),
    ]
}

fn any_leaf() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<String>().prop_map(Literal::Text),
        "[-$'\"`a-z0-9 ,;|(){}@#\u{2018}\u{201d}\u{2013}]{0,12}".prop_map(Literal::Text),
        any_number().prop_map(|value| Literal::Number {
            value,
            text: value.literal().unwrap()
        }),
    ]
}

fn any_literal() -> impl Strategy<Value = Literal> {
    any_leaf().prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![
            any::<String>().prop_map(Literal::Text),
            any_number().prop_map(|value| Literal::Number {
                value,
                text: value.literal().unwrap()
            }),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Literal::Array),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| {
                let mut unique: Vec<(Literal, Literal)> = Vec::new();
                for entry in entries {
                    if !unique.iter().any(|(key, _)| key.same_key(&entry.0)) {
                        unique.push(entry);
                    }
                }
                Literal::Table(unique)
            }),
        ]
    })
}

fn any_statements() -> impl Strategy<Value = Vec<Vec<CommandText>>> {
    let argument = (prop::option::of("[A-Za-z_?][-A-Za-z0-9_?]{0,8}"), any_literal())
        .prop_map(|(name, value)| ArgumentText { name, value });
    let name = prop_oneof![3 => "[A-Z][a-z]{1,6}-[A-Z][a-z]{1,8}", 1 => "(if|5|0x1F|-x|\\.| a|#|2>|7z)", 1 => any::<String>()]
        .prop_filter("commands have names", |name| !name.is_empty());
    let command = (name, prop::collection::vec(argument, 0..5))
        .prop_map(|(name, arguments)| CommandText { name, arguments });
    prop::collection::vec(prop::collection::vec(command, 1..4), 1..4)
}

proptest! {
    /// Whatever can be written parses to the same, value by value.
    #[test]
    fn printed_statements_parse_to_the_same(statements in any_statements()) {
        let text = print::statements(&statements).unwrap();
        let read = Parser::new(&text).program();
        prop_assert_eq!(read.as_ref(), Ok(&statements), "{}", text);
    }

    /// The same through the public types: parse, print, parse.
    #[test]
    fn parsed_text_prints_to_the_same(statements in any_statements()) {
        let text = print::statements(&statements).unwrap();
        let parsed = parse(&text).unwrap();
        let printed = to_text(&parsed).unwrap();
        let again = parse(&printed);
        prop_assert_eq!(again, Ok(parsed), "{} / {}", text, printed);
    }

    /// Values survive the way to CLIXML values and back.
    #[test]
    fn literals_survive_as_values(literal in any_literal()) {
        let value = values::argument(literal);
        let again = values::argument(values::literal(&value).unwrap());
        prop_assert_eq!(again, value);
    }

    #[test]
    fn any_text_is_parsed_or_refused_at_a_place_in_it(text in any::<String>()) {
        check_total(&text);
    }

    #[test]
    fn any_pieces_are_parsed_or_refused_at_a_place_in_them(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "A", "-b", "-b:", " ", "\n", "\r", "`", "'", "\"", "$", "$true", "@(", "@{", ")", "}", "(", "{", ",", ";", "|",
                "||", "=", "&", "#", "<", ">", "1", "-1", "0x", "1.5", "kb", ".", "[", "\u{2019}", "\u{201d}", "\u{2014}", "\0",
                "`u{", "é", "漢", "\u{85}",
            ]),
            0..24,
        )
    ) {
        check_total(&pieces.concat());
    }
}

fn check_total(text: &str) {
    match parse(text) {
        Ok(statements) => {
            let printed = to_text(&statements).unwrap();
            assert_eq!(parse(&printed), Ok(statements), "{text:?} / {printed:?}");
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.offset), "{text:?}: {error:?}");
            let caret = error.caret(text, |_| 1);
            assert_eq!(caret.lines().last().map(str::trim), Some("^"), "{text:?}");
        }
    }
}
