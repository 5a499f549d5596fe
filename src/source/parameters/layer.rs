//! One source of values, where they stand in it, and how much of that may be shown.

use std::ops::Range;
use std::sync::Arc;

use super::declared::{ParameterGroup, ReachedDeclaration};
use crate::diagnostic::error::Error;
use crate::diagnostic::place::{Place, SourceFile};
use crate::sops::Seal;
use crate::source::Unsealer;
use crate::yaml::Node;

/// A file or an argument that sets parameters.
pub(super) struct Layer {
    file: Arc<SourceFile>,
    root: Node,
    /// What the root is the value of: nothing for a file, the parameter for a `--set`.
    path: Vec<String>,
    /// The stretches that must not be shown.
    hidden: Vec<Range<usize>>,
    /// Whether it is a file that no identity decrypts.
    is_closed: bool,
}

/// What there is to point at: a line, and the name on it.
struct NamePosition {
    line: Range<usize>,
    name: Range<usize>,
}

impl Layer {
    /// Reads a file of parameters; `secret` says whether it may hold secrets.
    pub(super) fn read(
        file: &Arc<SourceFile>,
        secret: bool,
        unsealer: &Unsealer<'_>,
        errors: &mut Vec<Error>,
    ) -> Option<Self> {
        let before = errors.len();
        let shown = if secret { closed(file) } else { Arc::clone(file) };
        let place = |node: &Node| Place::new(Arc::clone(&shown), node.first_line(file.text()));
        let unsealed = unsealer.parameters(&shown, errors);
        let mut documents = unsealed
            .documents
            .into_iter()
            .filter(|document| !document.root.is_null());
        let root = documents.next().map_or(Node::null(0..0), |document| document.root);
        if let Some(second) = documents.next() {
            let message = format!("{} must hold one document", file.path());
            errors.push(Error::new(message).at(place(&second.root), "the second begins here"));
        }
        if root.entries().is_none() && !root.is_null() {
            let message = format!("{} must be a mapping, not {}", file.path(), root.describe());
            errors.push(
                Error::new(message)
                    .at(place(&root), "")
                    .hint("write groups of parameters, for example `ceph:` and below it `  enabled: true`"),
            );
        }
        (errors.len() == before).then(|| Self {
            file: unsealed.seal.as_ref().map_or(file, |_| &unsealed.file).clone(),
            root,
            path: Vec::new(),
            hidden: Vec::new(),
            is_closed: matches!(unsealed.seal, Some(Seal::Closed(_))),
        })
    }

    /// The argument of a `--set`, whose value is `root`.
    pub(super) fn of_set(file: Arc<SourceFile>, path: &[&str], root: Node) -> Self {
        Self {
            file,
            root,
            path: path.iter().map(|step| (*step).to_owned()).collect(),
            hidden: Vec::new(),
            is_closed: false,
        }
    }

    /// Whether it is a file that no identity decrypts.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    pub(super) fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Hides every line that holds a part of `span` from now on.
    pub(super) fn hide(&mut self, span: Range<usize>) {
        self.hidden.push(span);
    }

    /// The place of the value at `path` or, where there is none, of its nearest ancestor. Within a
    /// secret value, it is the place of the whole.
    pub(super) fn place(&self, declared: &ParameterGroup, path: &[&str]) -> Place {
        let depth = match declared.reach(path) {
            ReachedDeclaration::Parameter { parameter, depth } if parameter.secret => depth,
            _ => path.len(),
        };
        let spot = self.spot(&path[..depth]);
        if self.file.is_confidential() || !self.is_hidden(&spot) {
            Place::new(Arc::clone(&self.file), spot.line)
        } else {
            self.stand_in(&spot)
        }
    }

    fn spot(&self, path: &[&str]) -> NamePosition {
        let text = self.file.text();
        let start = self.root.span.start;
        let mut spot = NamePosition {
            line: self.root.first_line(text),
            name: start..start,
        };
        let mut node = &self.root;
        for step in path.get(self.path.len()..).unwrap_or_default() {
            if let Some(entry) = node.entry(step) {
                spot = NamePosition {
                    line: entry.line(text),
                    name: entry.key_span.clone(),
                };
                node = &entry.value;
            } else if let Some(item) = item(node, step) {
                let start = item.span.start;
                spot = NamePosition {
                    line: item.first_line(text),
                    name: start..start,
                };
                node = item;
            } else {
                break;
            }
        }
        spot
    }

    /// Whether the value at `path` was written within what must not be shown: by an alias, say.
    pub(super) fn is_hidden_at(&self, path: &[&str]) -> bool {
        let mut node = Some(&self.root);
        for step in path.get(self.path.len()..).unwrap_or_default() {
            node = node.and_then(|node| node.entry(step).map(|entry| &entry.value).or_else(|| item(node, step)));
        }
        let overlaps =
            |hidden: &Range<usize>, node: &Node| hidden.start < node.span.end && node.span.start < hidden.end;
        node.is_some_and(|node| self.hidden.iter().any(|hidden| overlaps(hidden, node)))
    }

    fn is_hidden(&self, spot: &NamePosition) -> bool {
        let text = self.file.text();
        let from = line_start(text, spot.line.start);
        let rest = text.get(spot.line.end..).unwrap_or_default();
        let to = spot.line.end + rest.find('\n').unwrap_or(rest.len());
        self.hidden.iter().any(|hidden| hidden.start < to && from < hidden.end)
    }

    /// The path, line and column of `spot`, in a file that holds nothing but the name.
    fn stand_in(&self, spot: &NamePosition) -> Place {
        let text = self.file.text();
        let from = line_start(text, spot.name.start);
        let lines = text.get(..from).unwrap_or_default().matches('\n').count();
        let mut shown = "\n".repeat(lines);
        let before = text.get(from..spot.name.start).unwrap_or_default().chars();
        shown.extend(before.map(|char| if char.is_whitespace() { char } else { ' ' }));
        let start = shown.len();
        let name = text.get(spot.name.clone()).and_then(|name| name.lines().next());
        match name.filter(|name| !name.is_empty()) {
            Some(name) => shown += &format!("{name}: …"),
            None => shown.push('…'),
        }
        let end = start + name.unwrap_or_default().len().max(1);
        Place::new(SourceFile::new(self.file.path(), shown), start..end)
    }
}

/// The file, without its lines: none of them is shown.
fn closed(file: &Arc<SourceFile>) -> Arc<SourceFile> {
    SourceFile::confidential(file.path(), file.text())
}

fn item<'a>(node: &'a Node, step: &str) -> Option<&'a Node> {
    node.items()?.get(step.parse::<usize>().ok()?)
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |newline| newline + 1)
}
