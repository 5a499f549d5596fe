//! Configuration files in their own format, filled in as Jinja templates.
//!
//! A block that stands alone in its line leaves no empty line behind, and the line break at the end of
//! the file stays. There is nothing to include or to extend: a template reads parameters.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind};
use serde_json::Value;

use super::bounds;
use super::expression::{ExpressionError, failed, strict};
use super::ini;
use super::lines;
use super::scope::{ExpressionScope, Notebook, ParameterPath, Variables};

/// How many steps a template may take.
const FUEL: u64 = 1_000_000;

/// Fills in templates from one set of parameters.
pub(super) struct Templates {
    environment: Environment<'static>,
    syntax: SyntaxConfig,
    parameters: Arc<Value>,
}

/// A template that was filled in.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    /// The parameters that were read.
    pub(super) read: Vec<ParameterPath>,
}

impl Templates {
    pub(super) fn new(parameters: Arc<Value>) -> Self {
        let mut environment = strict(FUEL);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .unwrap_or_default();
        environment.set_syntax(syntax.clone());
        environment.add_filter("ini", ini::lines);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                // No configuration file means the word `none`.
                return Err(minijinja::Error::new(
                    ErrorKind::InvalidOperation,
                    "this is null; leave it out with `{% if … is not none %}`, or say what to write instead",
                ));
            }
            minijinja::escape_formatter(out, state, value)
        });
        Self {
            environment,
            syntax,
            parameters,
        }
    }

    pub(super) fn fill(&self, template: &str) -> Result<Filled, ExpressionError> {
        bounds::check_template(template, &self.syntax)?;
        let notebook: Notebook = Arc::new(Mutex::default());
        let scope = ExpressionScope {
            parameters: self.parameters.clone(),
            variables: Variables::new(),
            notebook: notebook.clone(),
        };
        let mut filled_in = bounds::BoundedText::default();
        let filled = self.environment.template_from_str(template).and_then(|compiled| {
            let scope = minijinja::Value::from_object(scope);
            compiled.render_captured_to(scope, &mut filled_in).map(drop)
        });
        let reads = std::mem::take(&mut *notebook.lock().unwrap_or_else(PoisonError::into_inner));
        match filled {
            Ok(()) => Ok(Filled {
                text: filled_in.text(),
                read: reads.read,
            }),
            Err(error) => {
                let fault = failed(&self.parameters, template, &error, &reads);
                let message = filled_in.refusal().unwrap_or(fault.message);
                Err(ExpressionError { message, ..fault }.after(reads))
            }
        }
    }

    /// For each line of the filled-in text, the line of the template that made it, from 0. Nothing
    /// where that cannot be told.
    pub(super) fn lines(&self, template: &str) -> Option<Vec<usize>> {
        let marked = self.fill(&lines::mark(template)?).ok()?;
        let (text, lines) = lines::unmark(&marked.text);
        // What a filter or a variable did with the marks may show: then nothing is known.
        (self.fill(template).ok()?.text == text).then_some(lines)
    }

    /// The parameters that one line of a template names.
    pub(super) fn parameters_of_line(&self, line: &str) -> Vec<ParameterPath> {
        if bounds::check_template(line, &self.syntax).is_err() {
            return Vec::new();
        }
        let Ok(compiled) = self.environment.template_from_str(line) else {
            return Vec::new();
        };
        let mut names: Vec<_> = compiled.undeclared_variables(true).into_iter().collect();
        names.sort_unstable();
        names
            .iter()
            .map(|name| name.split('.').map(str::to_owned).collect())
            .collect()
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Templates")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn templates() -> Templates {
        Templates::new(Arc::new(json!({
            "keystone": {"hosts": ["a", "b"], "debug": true, "nothing": null, "html": "<&>"},
        })))
    }

    #[test]
    fn a_block_leaves_no_line_and_the_end_stays() {
        let template = "[DEFAULT]\n{% if keystone.debug %}\ndebug = {{ keystone.debug }}\n{% endif %}\n\
                        {% for host in keystone.hosts %}\n  host = {{ host }}\n{% endfor %}\nx = {{ keystone.html }}\n";
        let filled = templates().fill(template).expect("filled in");
        assert_eq!(
            filled.text,
            "[DEFAULT]\ndebug = True\n  host = a\n  host = b\nx = <&>\n"
        );
        let read: Vec<String> = filled.read.iter().map(|path| path.join(".")).collect();
        assert_eq!(read, ["keystone.debug", "keystone.hosts", "keystone.html"]);
        assert_eq!(templates().lines(template), Some(vec![0, 2, 5, 5, 7]));
    }

    #[test]
    fn the_lines_of_a_mapping_are_those_of_its_template_line() {
        let filled = |more: Value| {
            let templates = Templates::new(Arc::new(json!({"nova": {"config": more}})));
            let template = "[a]\nb = c\n{{ nova.config | ini -}}\n";
            let text = templates.fill(template).expect("filled in").text;
            (text, templates.lines(template).expect("they are told"))
        };
        assert_eq!(filled(json!({})), ("[a]\nb = c\n".to_owned(), vec![0, 1]));
        let (text, lines) = filled(json!({"DEFAULT": {"x": 1}}));
        assert_eq!(text, "[a]\nb = c\n\n[DEFAULT]\nx = 1\n");
        assert_eq!(lines, [0, 1, 2, 2, 2]);
    }

    #[test]
    fn lines_are_not_told_where_a_filter_saw_the_marks() {
        let template = "{% filter length %}\na\nb\n{% endfilter %}\n";
        assert_eq!(templates().lines(template), None);
        assert_eq!(templates().fill(template).expect("filled in").text, "4");
    }

    #[test]
    fn a_line_names_its_parameters() {
        let names = templates().parameters_of_line("connection = {{ keystone.user }}@{{ network.host | upper }}\n");
        assert_eq!(names, [["keystone", "user"], ["network", "host"]]);
        assert!(templates().parameters_of_line("{% if keystone.debug %}\n").is_empty());
    }

    #[test]
    fn what_cannot_be_filled_in_is_told_at_its_place() {
        let fault = |template: &str| {
            let fault = templates().fill(template).expect_err("wrong");
            let span = fault.span.map(|span| template[span].to_owned());
            (fault.message, span.unwrap_or_default())
        };
        let (message, at) = fault("a\nb = {{ keystone.debg }}\n");
        assert_eq!(message, "there is no parameter `keystone.debg`");
        assert!(at.contains("debg"), "{at}");
        let after_a_loop = "{% for x in keystone.hosts %}{{ loop.first }}{% endfor %}\n{{ keystone.debg }}\n";
        assert_eq!(fault(after_a_loop).0, "there is no parameter `keystone.debg`");
        assert_eq!(fault("{{ nope.x }}").0, "there is no parameter `nope`");
        assert!(fault("{{ debug() }}").0.contains("debug"));
        assert!(fault("x = {{ keystone.nothing }}\n").0.contains("this is null"));
        assert!(fault("{% for %}").0.contains("unexpected"));
        assert!(fault("{% include 'x' %}").0.contains("unknown statement"));
        assert!(
            fault("{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}")
                .0
                .contains("too many steps")
        );
    }
}
