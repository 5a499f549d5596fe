//! How long an expression may be, and what a template makes.
//!
//! minijinja parses, compiles and drops a chain such as `1 + 1 + …` by recursion, a level for each
//! operator, and ends the process where the stack does. So symbols are counted before it is asked,
//! by its own tokenizer: what this takes for text or a literal is what the parser takes for it.

use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use minijinja::machinery::{Span, Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use super::expression::ExpressionError;
use crate::diagnostic::place::Place;

/// How many names, operators and brackets an expression or a block may have.
const SYMBOLS: usize = 500;

/// How many `elif` may be open at a place of a template: each is in the branch of the one before.
const BRANCHES: usize = 100;

/// How many bytes a template may make: more than any object holds, which is a little over a MiB.
const BYTES: usize = 16 << 20;

/// How many values an expression may give: more than any object holds.
const VALUES: usize = 1 << 20;

static FILLINGS: Mutex<Fillings> = Mutex::new(Fillings {
    begun: 0,
    under_way: Vec::new(),
});

thread_local! {
    /// The number of the one that was begun last in this thread.
    static INNERMOST: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The expressions and templates that are filled in at this time, in any thread.
struct Fillings {
    /// How many were begun so far.
    begun: u64,
    under_way: Vec<UnderWay>,
}

/// One of them.
struct UnderWay {
    number: u64,
    place: Place,
    /// The number of that within which it is filled in.
    outer: Option<u64>,
}

impl Fillings {
    fn of_process() -> MutexGuard<'static, Self> {
        FILLINGS.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One expression or template that is filled in, until it is dropped.
pub(super) struct Filling {
    number: u64,
    outer: Option<u64>,
}

impl Filling {
    /// Begins with that which stands at `place`.
    pub(super) fn begin(place: Place) -> Self {
        let mut fillings = Fillings::of_process();
        fillings.begun += 1;
        let number = fillings.begun;
        let outer = INNERMOST.replace(Some(number));
        fillings.under_way.push(UnderWay { number, place, outer });
        Self { number, outer }
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        INNERMOST.set(self.outer);
        Fillings::of_process()
            .under_way
            .retain(|filling| filling.number != self.number);
    }
}

/// The number and the place of each expression or template that is filled in now and does not wait for one within it.
///
/// minijinja counts steps, but writes and compares whole values in one of them, and a few lists that hold each
/// other stand for more values than can ever be written. Whoever waits for the end can see by this that one and
/// the same takes too long, whatever other threads do meanwhile.
pub fn under_way() -> Vec<(u64, Place)> {
    let fillings = &Fillings::of_process().under_way;
    let is_inner = |number| fillings.iter().all(|filling| filling.outer != Some(number));
    let inner = fillings.iter().filter(|filling| is_inner(filling.number));
    inner.map(|filling| (filling.number, filling.place.clone())).collect()
}

/// Refuses a value of more parts than any object has.
pub(super) fn check_value(value: &minijinja::Value) -> Result<(), ExpressionError> {
    fn count(value: &minijinja::Value, left: &mut usize) -> Option<()> {
        *left = left.checked_sub(1)?;
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => value.try_iter().ok()?.try_for_each(|item| count(&item, left)),
            ValueKind::Map => value.try_iter().ok()?.try_for_each(|key| {
                let item = value.get_item(&key).ok()?;
                count(&item, left)
            }),
            _ => Some(()),
        }
    }
    let mut left = VALUES;
    count(value, &mut left).ok_or_else(|| ExpressionError {
        message: format!("this expression gives more than {VALUES} values"),
        span: None,
        hint: None,
        read: Vec::new(),
    })
}

/// What a template makes, while it is made.
#[derive(Default)]
pub(super) struct BoundedText {
    text: Vec<u8>,
    is_too_long: bool,
}

impl BoundedText {
    /// The text, of which minijinja writes whole characters only.
    pub(super) fn text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// Why nothing more was written, if that is so.
    pub(super) fn refusal(&self) -> Option<String> {
        let refusal = || format!("this template makes more than {} MiB", BYTES >> 20);
        self.is_too_long.then(refusal)
    }
}

impl io::Write for BoundedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_too_long |= self.text.len() + bytes.len() > BYTES;
        if self.is_too_long {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether `expression`, without its `${{ }}`, is short enough to be parsed.
pub(super) fn check_expression(expression: &str) -> Result<(), ExpressionError> {
    check(expression, true, SyntaxConfig::default())
}

/// Whether every expression and block of `template` is short enough to be parsed.
pub(super) fn check_template(template: &str, syntax: &SyntaxConfig) -> Result<(), ExpressionError> {
    check(template, false, syntax.clone())
}

fn check(source: &str, in_expression: bool, syntax: SyntaxConfig) -> Result<(), ExpressionError> {
    let mut symbols = 0;
    let mut branches = Branches::default();
    let mut is_first = false;
    // What is no token ends the parser too, which says so at its place.
    for (token, span) in tokenize(source, in_expression, syntax).map_while(Result::ok) {
        if let (Token::Ident(keyword), true) = (&token, is_first) {
            branches.follow(keyword);
        }
        is_first = matches!(token, Token::BlockStart);
        symbols = match token {
            Token::VariableStart | Token::BlockStart => 0,
            _ => symbols + usize::from(is_symbol(&token)),
        };
        if symbols > SYMBOLS {
            let message =
                format!("this expression is too long: it has more than {SYMBOLS} names, operators and brackets");
            return Err(refused(
                message,
                &span,
                "compute parts of it with `{% set … %}`, or write it as a parameter",
            ));
        }
        if branches.open > BRANCHES {
            let message = format!("more than {BRANCHES} `elif` follow each other");
            return Err(refused(message, &span, "look the value up in a mapping instead"));
        }
    }
    Ok(())
}

/// Whether a token may stand for a level of the parser. Literals and what separates them do not, so
/// that long lists of them are no long expressions.
fn is_symbol(token: &Token<'_>) -> bool {
    !matches!(
        token,
        Token::TemplateData(_)
            | Token::VariableEnd
            | Token::BlockEnd
            | Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_)
            | Token::Comma
            | Token::Colon
    )
}

fn refused(message: String, span: &Span, hint: &str) -> ExpressionError {
    ExpressionError {
        message,
        span: Some(range(span)),
        hint: Some(hint.to_owned()),
        read: Vec::new(),
    }
}

fn range(span: &Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// The branches of the `if` blocks that are open at a place.
#[derive(Default)]
struct Branches {
    of: Vec<usize>,
    open: usize,
}

impl Branches {
    fn follow(&mut self, keyword: &str) {
        match keyword {
            "if" => self.of.push(0),
            "elif" => {
                self.open += 1;
                if let Some(last) = self.of.last_mut() {
                    *last += 1;
                }
            }
            "endif" => self.open -= self.of.pop().unwrap_or(0).min(self.open),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use serde_json::json;

    use super::super::expression::Evaluator;
    use super::super::scope::Variables;
    use super::super::template::Templates;
    use super::*;

    #[test]
    fn what_takes_long_is_seen_whatever_other_threads_do() {
        let place = |name: &str| Place::of_line(crate::diagnostic::place::SourceFile::new(name, "-"), 0);
        let is_seen = |name: &str| under_way().iter().any(|(_, place)| place.file.path() == name);
        let outer = Filling::begin(place("bounds-outer"));
        let long = Filling::begin(place("bounds-long"));
        thread::scope(|scope| {
            scope.spawn(|| {
                let _short = Filling::begin(place("bounds-short"));
                assert!(is_seen("bounds-short") && is_seen("bounds-long"));
            });
        });
        assert!(is_seen("bounds-long") && !is_seen("bounds-outer") && !is_seen("bounds-short"));
        drop(long);
        assert!(is_seen("bounds-outer"));
        drop(outer);
    }

    /// Chains of one kind, `times` long: what each begins with, repeats and ends with.
    fn chains(times: usize) -> Vec<String> {
        [
            ("1", " + 1", ""),
            ("1", " ~ 1", ""),
            ("1", " and 1", ""),
            ("1", "**1", ""),
            ("1", "|abs", ""),
            ("a", ".b", ""),
            ("a", "[0]", ""),
            ("a", "()", ""),
            ("", "not ", "1"),
            ("", "-", "1"),
            ("", "1 if 1 else ", "1"),
            ("1", " is odd", ""),
            ("1", " < 1", ""),
            ("1", "\n or 1", ""),
            ("[", "1 in ", "[1]]"),
        ]
        .iter()
        .map(|(begin, repeated, end)| format!("{begin}{}{end}", repeated.repeat(times)))
        .collect()
    }

    fn evaluate(expression: &str) -> Result<serde_json::Value, ExpressionError> {
        let evaluator = Evaluator::new(Arc::new(json!({"a": 1})));
        evaluator.evaluate(expression, &Variables::new()).map(|made| made.value)
    }

    fn fill(template: &str) -> Result<String, ExpressionError> {
        Templates::new(Arc::new(json!({"a": 1})))
            .fill(template)
            .map(|filled| filled.text)
    }

    #[test]
    fn an_expression_of_many_operators_is_refused_before_it_is_parsed() {
        for chain in chains(100_000) {
            let fault = evaluate(&chain).expect_err("too long");
            assert!(fault.message.contains("too long"), "{}", fault.message);
            for template in [format!("{{{{ {chain} }}}}"), format!("{{% if {chain} %}}{{% endif %}}")] {
                let fault = fill(&template).expect_err("too long");
                assert!(fault.message.contains("too long"), "{}", fault.message);
            }
            assert!(
                Templates::new(Arc::default())
                    .parameters_of_line(&format!("{{{{ {chain} }}}}"))
                    .is_empty()
            );
        }
    }

    #[test]
    fn text_that_hides_an_expression_from_a_simpler_reader_does_not() {
        let long = format!("1{}", " + 1".repeat(100_000));
        for before in ["{% raw %}{# {% endraw %}", "{{ '}}' }}", "{# {{ ' #}", "{{ '\\'{#' }}"] {
            let fault = fill(&format!("{before}{{{{ {long} }}}}")).expect_err("too long");
            assert!(fault.message.contains("too long"), "{before}: {}", fault.message);
        }
    }

    #[test]
    fn every_chain_within_the_limit_has_the_stack_it_needs() {
        for chain in chains(SYMBOLS / 3 - 2) {
            for message in [evaluate(&chain).err(), fill(&format!("{{{{ {chain} }}}}")).err()] {
                let message = message.map(|fault| fault.message).unwrap_or_default();
                assert!(!message.contains("too long"), "{chain}: {message}");
            }
        }
        let longest = format!("1{}", "+1".repeat(SYMBOLS));
        assert_eq!(evaluate(&longest), Ok(json!(SYMBOLS + 1)));
    }

    #[test]
    fn long_lists_and_templates_are_no_long_expressions() {
        let list = format!("[{}1]", "1, ".repeat(19_999));
        assert!(fill(&format!("{{{{ {list} | length }}}}")).is_ok_and(|text| text == "20000"));
        let blocks = "{% if a == 2 %}x{% elif a == 1 %}y{% endif %}".repeat(2_000);
        assert!(fill(&blocks).is_ok_and(|text| text.len() == 2_000));
    }

    #[test]
    fn branches_that_follow_each_other_without_end_are_refused() {
        let chain = |times| format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(times));
        assert!(fill(&chain(BRANCHES)).is_ok());
        let fault = fill(&chain(100_000)).expect_err("too many");
        assert!(fault.message.contains("`elif`"), "{}", fault.message);
        let nested = format!("{{% if 0 %}}{}", "{% elif 0 %}{% if 0 %}".repeat(50_000));
        assert!(fill(&nested).is_err());
    }

    #[test]
    fn a_template_that_makes_more_than_any_object_holds_is_refused() {
        let lists = "{% set r = range(20000)|list %}{% set l = [r]*100 %}{% set m = [l]*100 %}{% set n = [m]*100 %}";
        for endless in [
            "{{ n }}",
            "{% for i in range(9999) %}{{ n }}{% endfor %}",
            "{% for i in range(9999) %}{{ 'a'*100000 }}{% endfor %}",
        ] {
            let fault = fill(&format!("{lists}{endless}")).expect_err("too much");
            assert_eq!(fault.message, "this template makes more than 16 MiB", "{endless}");
        }
        assert!(fill("{{ 'é'*1000000 }}").is_ok_and(|text| text.len() == 2_000_000));
    }
}
