//! `kustomize` and `helm` of `stackanetes.yaml` and of a `component.yaml`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::error::Error;
use crate::diagnostic::nearest::key_hint;
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::paths;
use crate::yaml::{Entry, Node};

/// The keys that declare a program.
pub(in crate::source) const KEYS: [&str; 2] = ["kustomize", "helm"];

const RELEASE_KEYS: [&str; 4] = ["chart", "release", "namespace", "values"];
const KUSTOMIZE_EXAMPLE: &str = "write the folder of a kustomization, as in `kustomize: overlays/prod`";
const HELM_EXAMPLE: &str =
    "write, for example, `helm: {chart: charts/web, release: web, namespace: shop, values: [values.yaml]}`";

const SPECIAL_HINT: &str = "rename it: it must have no comma, quotation mark, backslash or control character";

/// A program that makes objects, and where it is declared.
#[derive(Debug, Clone)]
pub(in crate::source) struct DeclaredProgram {
    pub(super) program: Program,
    /// The line of its key.
    pub(super) place: Place,
}

/// A program that makes objects of the directory's files. Its paths begin at the top of the directory, and have no `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Program {
    /// `kustomize build`.
    Kustomize {
        /// The folder of the kustomization.
        folder: PathBuf,
    },
    /// `helm template`.
    Helm(Release),
}

/// A release of a chart, as Helm calls what it installs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Release {
    /// The chart: a folder, or an archive.
    pub(super) chart: PathBuf,
    pub(super) name: String,
    /// What the chart knows as its namespace, and where its objects go that name none.
    pub(super) namespace: String,
    /// The files of values, the later ones above the earlier ones.
    pub(super) values: Vec<PathBuf>,
}

impl Program {
    /// The command as a person would type it.
    pub(super) fn command(&self, root: &Path) -> String {
        let shown = |path: &PathBuf| paths::shown(&paths::below(root, path));
        match self {
            Self::Kustomize { folder } => format!("kustomize build {}", shown(folder)),
            Self::Helm(release) => format!("helm template {} {}", release.name, shown(&release.chart)),
        }
    }

    /// The namespace of objects that name none, where the program is told one.
    pub(super) fn namespace(&self) -> Option<&str> {
        match self {
            Self::Kustomize { .. } => None,
            Self::Helm(release) => Some(&release.namespace),
        }
    }
}

/// What paths begin at, and what is taken where a key says nothing.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct DeclarationContext<'a> {
    pub(in crate::source) file: &'a Arc<SourceFile>,
    /// The folder that paths begin at, from the top of the directory.
    pub(in crate::source) folder: &'a Path,
    /// The namespace of the directory.
    pub(in crate::source) namespace: Option<&'a str>,
}

/// Reads the entry of a program, adding what is wrong with it to `errors`.
pub(in crate::source) fn declared(
    context: DeclarationContext<'_>,
    entry: &Entry,
    errors: &mut Vec<Error>,
) -> Option<DeclaredProgram> {
    let mut reader = ProgramReader { context, errors };
    let program = match entry.key.as_str() {
        "kustomize" => Program::Kustomize {
            folder: reader.path(&entry.value, KUSTOMIZE_EXAMPLE)?,
        },
        _ => Program::Helm(reader.release(entry)?),
    };
    let place = reader.line(entry);
    Some(DeclaredProgram { program, place })
}

struct ProgramReader<'a> {
    context: DeclarationContext<'a>,
    errors: &'a mut Vec<Error>,
}

impl ProgramReader<'_> {
    fn release(&mut self, entry: &Entry) -> Option<Release> {
        let Some(entries) = entry.value.entries() else {
            let message = format!("`helm` must be a mapping, not {}", entry.value.describe());
            return self.wrong(self.line(entry), message, HELM_EXAMPLE);
        };
        let before = self.errors.len();
        let (mut chart, mut name, mut values) = (None, None, Vec::new());
        let mut namespace = self.context.namespace.map(str::to_owned);
        for entry in entries {
            match entry.key.as_str() {
                "chart" => chart = self.chart(&entry.value),
                "release" => name = self.release_name(entry),
                "namespace" => namespace = self.namespace(entry),
                "values" => values = self.values(entry),
                unknown => {
                    let message = format!("`helm` has no key `{unknown}`");
                    let hint = key_hint(&RELEASE_KEYS, unknown);
                    self.wrong::<()>(self.line(entry), message, &hint);
                }
            }
        }
        if self.errors.len() > before {
            return None;
        }
        let at = |reader: &Self| reader.line(entry);
        let Some(chart) = chart else {
            return self.wrong(at(self), "`helm` lacks the `chart`", HELM_EXAMPLE);
        };
        let Some(name) = name else {
            return self.wrong(at(self), "`helm` lacks the name of the `release`", HELM_EXAMPLE);
        };
        let Some(namespace) = namespace else {
            let message = "`helm` lacks the `namespace`, which a chart writes into its objects";
            return self.wrong(at(self), message, "add it here, or to stackanetes.yaml");
        };
        Some(Release {
            chart,
            name,
            namespace,
            values,
        })
    }

    fn chart(&mut self, node: &Node) -> Option<PathBuf> {
        if node.as_str().is_some_and(|chart| chart.contains("://")) {
            let message = "a chart must be a folder or an archive of the directory, and not one of a registry";
            let hint = "get it with `helm pull --untar`, and commit it";
            return self.wrong(self.at(node), message, hint);
        }
        self.path(node, HELM_EXAMPLE)
    }

    fn values(&mut self, entry: &Entry) -> Vec<PathBuf> {
        let Some(items) = entry.value.items() else {
            let message = format!("`values` must be a list of files, not {}", entry.value.describe());
            self.wrong::<()>(self.line(entry), message, HELM_EXAMPLE);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.path(item, HELM_EXAMPLE)).collect()
    }

    fn release_name(&mut self, entry: &Entry) -> Option<String> {
        let name = self.text(&entry.value, "the name of a release")?;
        // As Helm has it: chartutil.ValidateReleaseName.
        let fits = name.len() <= 53 && name.split('.').all(is_dns_label);
        if fits {
            return Some(name);
        }
        let hint =
            "it has at most 53 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit";
        self.wrong(
            self.line(entry),
            format!("`{name}` cannot be the name of a release"),
            hint,
        )
    }

    fn namespace(&mut self, entry: &Entry) -> Option<String> {
        let name = self.text(&entry.value, "a namespace")?;
        if name.len() <= 63 && is_dns_label(&name) {
            return Some(name);
        }
        let hint = "it has at most 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit";
        self.wrong(self.line(entry), format!("`{name}` cannot be a namespace"), hint)
    }

    /// A path of the directory, from its top on.
    fn path(&mut self, node: &Node, example: &str) -> Option<PathBuf> {
        let Some(text) = node.as_str().filter(|text| !text.is_empty()) else {
            let message = format!("a path must be text, not {}", node.describe());
            return self.wrong(self.at(node), message, example);
        };
        let Some(path) = paths::inside(self.context.folder, Path::new(text)) else {
            let hint = "its files stand in the directory, so that a commit holds all that is desired";
            return self.wrong(self.at(node), format!("{text} is outside of the directory"), hint);
        };
        if path.as_os_str().as_encoded_bytes().iter().copied().any(is_special) {
            let message = format!("no program is given the path {text:?}");
            return self.wrong(self.at(node), message, SPECIAL_HINT);
        }
        Some(path)
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = node.as_str().map(str::to_owned);
        if text.is_none() {
            let message = format!("{what} must be text, not {}", node.describe());
            self.wrong::<()>(self.at(node), message, "put it in quotes");
        }
        text
    }

    fn wrong<T>(&mut self, place: Place, message: impl Into<String>, hint: &str) -> Option<T> {
        self.errors.push(Error::new(message).at(place, "").hint(hint));
        None
    }

    fn at(&self, node: &Node) -> Place {
        let file = self.context.file;
        Place::new(Arc::clone(file), node.first_line(file.text()))
    }

    fn line(&self, entry: &Entry) -> Place {
        let file = self.context.file;
        Place::new(Arc::clone(file), entry.line(file.text()))
    }
}

/// Whether a program could take a path with this byte for something else: Helm splits the paths of values at commas, and
/// reads quotes and backslashes in them.
fn is_special(byte: u8) -> bool {
    byte.is_ascii_control() || matches!(byte, b',' | b'"' | b'\\')
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn read(folder: &str, text: &str) -> Result<Program, String> {
        let file = SourceFile::new("stackanetes.yaml", text);
        let mut errors = Vec::new();
        let documents = yaml::documents(&file, &mut errors);
        let context = DeclarationContext {
            file: &file,
            folder: Path::new(folder),
            namespace: Some("shop"),
        };
        let entry = &documents[0].root.entries().expect("a mapping")[0];
        let declared = declared(context, entry, &mut errors);
        declared.map(|declared| declared.program).ok_or_else(|| {
            let errors = errors.iter().map(ToString::to_string);
            errors.collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn a_path_that_a_program_could_take_for_several_is_refused() {
        for path in [r"v,/etc/passwd", r#"v\"x"#, r"v\\x", r"v\nx", r"v\u0000x"] {
            let values = format!("helm: {{chart: a, release: web, values: [\"{path}\"]}}");
            let error = read("", &values).expect_err(path);
            assert!(error.starts_with("no program is given the path"), "{error}");
            assert!(read("", &format!("kustomize: \"{path}\"")).is_err(), "{path}");
        }
        assert!(read("a,b", "kustomize: c").is_err());
        assert!(read("a b", "kustomize: c-d_e.f").is_ok());
        for name in ["a,b", "-a", "a\\\\b"] {
            assert!(
                read("", &format!("helm: {{chart: a, release: \"{name}\"}}")).is_err(),
                "{name}"
            );
            let namespace = format!("helm: {{chart: a, release: web, namespace: \"{name}\"}}");
            assert!(read("", &namespace).is_err(), "{name}");
        }
    }
}
