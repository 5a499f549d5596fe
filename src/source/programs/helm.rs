//! Helm: how it is run, and what it makes objects of.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::declared::{DeclaredProgram, Release};
use super::failure::ProgramFailure;
use super::process::{self, Invocation};
use super::snapshot::FileSnapshot;
use super::sources::ProgramSources;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::{Place, SourceFile};
use crate::source::{file_text, paths};
use crate::yaml::{self, Node};

/// Why a chart is not rendered.
#[derive(Debug, thiserror::Error)]
enum ChartRefusal {
    #[error("there is no chart {}", paths::shown(.0))]
    NoChart(PathBuf),
    #[error("there is no file {}", paths::shown(.0))]
    NoValues(PathBuf),
    #[error("the chart depends on {0}, which is not in its charts/")]
    NotVendored(String),
}

impl ChartRefusal {
    fn at(self, place: Place) -> Error {
        let hint = match &self {
            Self::NoChart(_) => {
                "name the folder that holds a Chart.yaml, or an archive; nothing is fetched from a registry"
            }
            Self::NoValues(_) => "files that git ignores count as missing: no other clone has them",
            Self::NotVendored(_) => "`helm dependency build` gets it; commit charts/, as nothing is fetched",
        };
        Error::new(self.to_string()).at(place, "").hint(hint)
    }
}

/// What the chart of a release is made of. It is an error if something of it would have to be fetched.
pub(super) fn sources(
    snapshot: &FileSnapshot,
    root: &Path,
    release: &Release,
    declared: &DeclaredProgram,
) -> Result<ProgramSources> {
    let refused = |refused: ChartRefusal| refused.at(declared.place.clone());
    for values in &release.values {
        if snapshot.file(values).is_none() {
            return Err(refused(ChartRefusal::NoValues(paths::below(root, values))));
        }
    }
    let metadata = release.chart.join("Chart.yaml");
    let shown = paths::shown(&paths::below(root, &metadata));
    let Some(bytes) = snapshot.file(&metadata) else {
        return match snapshot.file(&release.chart) {
            // An archive is a whole: `helm` tells what it lacks.
            Some(_) => Ok(ProgramSources::chart(declared.place.clone(), BTreeMap::new())),
            None => Err(refused(ChartRefusal::NoChart(paths::below(root, &release.chart)))),
        };
    };
    let file = file_text::decode(&shown, bytes.to_vec())?;
    let mut errors = Vec::new();
    for document in yaml::documents(&file, &mut errors) {
        for dependency in missing(snapshot, &release.chart, &document.root) {
            let place = Place::new(file.clone(), dependency.node.first_line(file.text()));
            errors.push(ChartRefusal::NotVendored(dependency.name).at(place));
        }
    }
    match Error::join(errors) {
        Some(error) => Err(error),
        None => Ok(ProgramSources::chart(
            Place::of_line(file, 0),
            templates(snapshot, root, &release.chart),
        )),
    }
}

/// A dependency that a chart names.
struct ChartDependency<'n> {
    name: String,
    node: &'n Node,
}

/// The dependencies of a chart that are neither folders nor archives in its `charts/`.
fn missing<'n>(snapshot: &FileSnapshot, chart: &Path, metadata: &'n Node) -> Vec<ChartDependency<'n>> {
    let listed = metadata.entry("dependencies").and_then(|entry| entry.value.items());
    let named = listed.unwrap_or_default().iter().filter_map(|node| {
        let name = node.entry("name")?.value.as_str()?.to_owned();
        Some(ChartDependency { name, node })
    });
    let folder = chart.join("charts");
    let is_of = |archive: &Path, name: &str| {
        let stem = archive.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let version = stem.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        version.is_some() && archive.extension().is_some_and(|extension| extension == "tgz")
    };
    let is_archive = |name: &str| snapshot.in_folder(&folder).any(|path| is_of(path, name));
    named
        .filter(|dependency| !snapshot.is_folder(&folder.join(&dependency.name)) && !is_archive(&dependency.name))
        .collect()
}

/// The templates and definitions of a chart and of its subcharts, by the names that Helm has for them, without the
/// first step, which is the chart's own name.
fn templates(snapshot: &FileSnapshot, root: &Path, chart: &Path) -> BTreeMap<PathBuf, std::sync::Arc<SourceFile>> {
    let is_template = |path: &Path| path.iter().any(|step| step == "templates" || step == "crds");
    let files = snapshot.below(chart).filter_map(|(path, bytes)| {
        let inside = path.strip_prefix(chart).ok().filter(|inside| is_template(inside))?;
        let shown = paths::shown(&paths::below(root, path));
        Some((inside.to_owned(), file_text::decode(&shown, bytes.to_vec()).ok()?))
    });
    files.collect()
}

/// `helm template`, with the definitions in `crds/`, which it leaves out by itself.
pub(super) fn command(release: &Release) -> Result<Invocation, ProgramFailure> {
    let path = process::find("helm").ok_or(ProgramFailure::NotFound { names: &["helm"] })?;
    let here = |path: &Path| Path::new(".").join(path).into_os_string();
    let mut args: Vec<OsString> = vec!["template".into(), (&release.name).into(), here(&release.chart)];
    args.extend([
        "--namespace".into(),
        (&release.namespace).into(),
        "--include-crds".into(),
    ]);
    for values in &release.values {
        args.extend(["--values".into(), here(values)]);
    }
    Ok(Invocation { path, args })
}
