//! `diff --all-environments`: every environment of the directory, one after the other, in one document.

use std::path::Path;

use super::between::{self, Between, Compared};
use super::context::{self, Planned};
use super::diff::Args;
use super::format::PlanFormat;
use super::{Exit, options};
use crate::cli::ui::Ui;
use crate::diagnostic::error::{Error, Result};
use crate::source::{self, Desired};
use crate::view::{self, EnvironmentView, Heading};

/// What came of one environment.
enum EnvironmentDiff {
    /// Compared with its cluster.
    Cluster(Box<Planned>),
    /// Two commits compared.
    Commits(Box<Compared>),
}

impl EnvironmentDiff {
    fn planned(&self) -> &Planned {
        match self {
            Self::Cluster(planned) => planned,
            Self::Commits(compared) => &compared.planned,
        }
    }

    fn heading(&self, ui: &Ui) -> Heading<'_> {
        match self {
            Self::Cluster(planned) => planned.heading(ui),
            Self::Commits(compared) => compared.heading(ui),
        }
    }

    fn is_in_sync(&self) -> bool {
        match self {
            Self::Cluster(planned) => planned.plan.is_in_sync(),
            Self::Commits(compared) => compared.is_in_sync(),
        }
    }
}

/// Shows all environments. One that cannot be compared is told as such, and stops no other. The exit code is the
/// gravest of all.
pub(super) async fn run(args: &Args, ui: &mut Ui) -> Result<Exit> {
    if args.printed() == PlanFormat::Html {
        let error = Error::new("--format html cannot be used with --all-environments");
        return Err(error.hint("a page is of one environment: pass --environment NAME, or use another format"));
    }
    let names = names(args)?;
    // What is wrong with the parameters is wrong for all, and is told once.
    args.desired.source.inputs()?;
    let mut all = Vec::new();
    for name in &names {
        let found = Box::pin(compare(args, name, &names, ui)).await;
        ui.done();
        all.push((name, found));
    }
    let exits = all.iter().map(|(_, found)| match found {
        Ok(found) if found.is_in_sync() => Exit::Done,
        Ok(_) => Exit::Differs,
        Err(_) => Exit::Failed,
    });
    let exit = exits.max_by_key(|exit| exit.code()).unwrap_or(Exit::Done);
    let views = all.iter().map(|(name, found)| EnvironmentView {
        name,
        plan: found.as_ref().map(|found| {
            let heading = Heading {
                only: &args.only,
                detail: args.detail(ui),
                ..found.heading(ui)
            };
            (&found.planned().plan, heading)
        }),
    });
    let views: Vec<_> = views.collect();
    let directory = args.desired.source.path().unwrap_or_else(|| Path::new("."));
    let directory = directory.display().to_string();
    ui.paged(&match args.printed() {
        PlanFormat::Text | PlanFormat::Stat => view::environments(&views, Ui::width()),
        PlanFormat::Json => view::json::pretty(&view::environments_json(&views)),
        PlanFormat::Markdown | PlanFormat::Html => view::environments_markdown(&directory, &views),
    })?;
    Ok(exit)
}

/// The environments that there are.
fn names(args: &Args) -> Result<Vec<String>> {
    let path = args.desired.source.path().unwrap_or_else(|| Path::new("."));
    let environments = match &args.from {
        Some(from) => between::environments(path, from, args.to.as_deref())?,
        None => source::environment_names(path, args.desired.source.revision())?,
    };
    if environments.is_empty() {
        let error = Error::new(format!("{} has no environments", path.display()));
        return Err(error.hint("an environment is a file environments/NAME.yaml; leave out --all-environments"));
    }
    Ok(environments)
}

/// Compares one environment, of which others are shown besides.
async fn compare(args: &Args, name: &str, shown: &[String], ui: &mut Ui) -> Result<EnvironmentDiff> {
    let desired = args.desired.in_environment(name)?;
    let Some(from) = &args.from else {
        let read = context::read(&desired.source, args.safety.allow_empty)?;
        let cluster = cluster(args, name, &read);
        let planned = context::plan_read(read, &desired, &cluster, &args.safety, ui).await?;
        return Ok(EnvironmentDiff::Cluster(Box::new(planned)));
    };
    let between = Between {
        desired: &desired,
        safety: &args.safety,
        from,
        to: args.to.as_deref(),
    };
    let mut compared = between::compare(between, ui).await?;
    compared.elsewhere.retain(|other| !shown.contains(other));
    Ok(EnvironmentDiff::Commits(Box::new(compared)))
}

/// The cluster of an environment: the one that `contexts` of the directory binds it to, where that is one and the command
/// line names none.
fn cluster(args: &Args, name: &str, read: &Desired) -> options::ConnectionOptions {
    match read.settings.contexts.of(Some(name)) {
        Some([context]) => args.cluster.at_context(context),
        _ => args.cluster.clone(),
    }
}
