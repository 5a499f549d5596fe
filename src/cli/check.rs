//! `stackanetes check`

use std::path::Path;

use super::{Exit, context, options};
use crate::check::{self, Checked};
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::source::{self, Settings};
use crate::view;

/// Find mistakes without a cluster: unknown fields, references that lead nowhere, options that a
/// service does not have, and more.
///
/// Every finding is shown at its line, with its identifier. To ignore a finding, name its identifier below
/// `ignoreFindings` in stackanetes.yaml, or in the annotation `stackanetes.io/ignore-findings` of the object.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 nothing found; 1 something found; 2 could not run.")]
pub(super) struct Args {
    #[command(flatten)]
    source: options::SourceOptions,
    /// The namespace of manifests that name none [default: that of stackanetes.yaml, or `default`].
    #[arg(help_heading = "Desired state", short, long, value_name = "NAMESPACE", value_parser = |name: &str| options::accept(name, Settings::refuse_namespace))]
    namespace: Option<String>,
    /// What is printed.
    #[arg(help_heading = "Output", long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,
}

/// What is printed. All but text tell paths from the top of the repository, and what could not be read, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CheckFormat {
    /// For a terminal.
    Text,
    /// A Check, for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which shows each finding beside its line.
    Github,
    /// JUnit's XML, which GitLab and Jenkins show as tests.
    Junit,
}

pub(super) fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    match checked(args, ui) {
        Ok(checked) => {
            ui.paged(&shown(&checked, args)?)?;
            Ok(if checked.findings.is_empty() {
                Exit::Done
            } else {
                Exit::Differs
            })
        }
        Err(error) if args.format == CheckFormat::Text => Err(error),
        Err(error) => {
            ui.result(&shown(&Checked::unreadable(&error), args)?)?;
            ui.error(&error);
            Ok(Exit::Failed)
        }
    }
}

fn checked(args: &Args, ui: &mut Ui) -> Result<Checked> {
    let desired = context::read(&args.source, true)?;
    for warning in view::warnings(&desired) {
        ui.warning(&warning);
    }
    let settings = desired.settings;
    let namespace = args.namespace.clone().or(settings.namespace);
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    let (rules, encrypted) = (&settings.ignore_findings, desired.closed.len());
    Ok(check::check(&desired.manifests, &namespace, rules, encrypted))
}

fn shown(checked: &Checked, args: &Args) -> Result<String> {
    let base = || base(args.source.path());
    Ok(match args.format {
        CheckFormat::Text => view::checked(checked),
        CheckFormat::Json => view::json::pretty(&view::json::check(checked, &base()?)),
        CheckFormat::Sarif => view::json::pretty(&view::sarif(checked, &base()?)),
        CheckFormat::Github => view::github(checked, &base()?),
        CheckFormat::Junit => view::junit(checked, &base()?),
    })
}

/// Paths are told from the top of the repository that the command runs in, or else of that of the directory; outside
/// of both, from where the command runs.
fn base(directory: Option<&Path>) -> Result<view::RepositoryPaths> {
    let failed = |error| Error::new("failed to find the current directory").because(error);
    let current = Path::new(".").canonicalize().map_err(failed)?;
    let top = source::top_of_repository(&current).or_else(|| source::top_of_repository(directory?));
    Ok(view::RepositoryPaths::new(current.clone(), top.unwrap_or(current)))
}
