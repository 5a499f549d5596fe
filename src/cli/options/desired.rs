//! Which desired state: where it is written, whose it is, and which of its objects.

use std::path::{Path, PathBuf};

use super::directory::{DIRECTORY, DirectoryOptions};
use super::set::{NamingDirectory, Set, accept};
use crate::applyset::parent::Record;
use crate::cli::candidates;
use crate::diagnostic::error::Result;
use crate::object::commit::Commit;
use crate::object::selection::{LabelSelector, Selection};
use crate::source::{ParameterInputs, Settings};

/// Where the desired state is written.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct SourceOptions {
    #[command(flatten)]
    directory: DirectoryOptions,
    /// Read a file instead of DIR; `-` is standard input.
    #[arg(short, long, value_name = "FILENAME", conflicts_with_all = ["environment", "set", "set_file", "set_env", "parameters", "revision"])]
    filename: Option<PathBuf>,
}

impl SourceOptions {
    pub(in crate::cli) fn inputs(&self) -> Result<ParameterInputs> {
        self.directory.inputs()
    }

    pub(in crate::cli) fn environment(&self) -> Option<&str> {
        self.directory.environment()
    }

    /// Whether any parameter is set by hand.
    pub(in crate::cli) fn is_set_by_hand(&self) -> bool {
        self.directory.is_set_by_hand()
    }

    /// The commit to read from, if not from the disk.
    pub(in crate::cli) fn revision(&self) -> Option<&str> {
        self.directory.revision.as_deref()
    }

    /// Whether it is read from elsewhere than a directory of desired state.
    pub(in crate::cli) fn is_file(&self) -> bool {
        self.filename.is_some()
    }

    /// What stands in the place of DIR, where a file is read instead of it.
    pub(in crate::cli) fn unread_directory(&self) -> Option<&str> {
        let path = self.directory.path.as_path();
        let is_named = self.is_file() && path != Path::new(DIRECTORY);
        is_named.then(|| path.to_str().unwrap_or_default())
    }

    /// The path, or `None` for standard input.
    pub(in crate::cli) fn path(&self) -> Option<&Path> {
        match &self.filename {
            Some(filename) if filename.as_os_str() == "-" => None,
            Some(filename) => Some(filename),
            None => Some(&self.directory.path),
        }
    }
}

/// Which desired state.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct DesiredOptions {
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    #[command(flatten)]
    pub(in crate::cli) set: Set,
    #[command(flatten)]
    selected: Selected,
    /// Ask the server about every object, even where its managed fields prove that an apply would change nothing. Only
    /// this shows the effect of newer defaults and admission plugins.
    #[arg(hide_short_help = true, long)]
    pub(in crate::cli) verify: bool,
    /// Do not check DIR for mistakes.
    ///
    /// By default a diff shows what `stackanetes check` finds in the objects that change, and a sync refuses to write
    /// what is wrong in every cluster, such as an option that a service does not have.
    #[arg(help_heading = "Safety", hide_short_help = true, long)]
    pub(in crate::cli) no_check: bool,
    /// The name under which fields are applied.
    #[arg(hide_short_help = true, long, value_name = "NAME", default_value = FIELD_MANAGER)]
    pub(in crate::cli) field_manager: String,
}

/// The name under which fields are applied, if no other is given.
pub(in crate::cli) const FIELD_MANAGER: &str = "stackanetes";

impl DesiredOptions {
    /// The same, for this environment.
    pub(in crate::cli) fn in_environment(&self, name: &str) -> Result<Self> {
        let mut desired = self.clone();
        desired.source.directory = self.source.directory.in_environment(name)?;
        Ok(desired)
    }

    /// The same, as it is in this commit, whose mistakes were synced before.
    pub(in crate::cli) fn at(&self, commit: &Commit) -> Self {
        let mut desired = self.clone();
        desired.source.directory.revision = Some(commit.to_string());
        desired.no_check = true;
        desired
    }

    /// What was synced then: from that commit, with that environment and those parameters, but for the secret ones, of
    /// which no value is kept.
    pub(in crate::cli) fn as_synced(named: &NamingDirectory, set: &Set, record: &Record, field_manager: &str) -> Self {
        Self {
            source: SourceOptions {
                directory: DirectoryOptions::as_synced(named.directory.clone(), record),
                filename: None,
            },
            set: set.clone(),
            selected: Selected::default(),
            verify: false,
            no_check: true,
            field_manager: field_manager.to_owned(),
        }
    }

    pub(in crate::cli) fn selection(&self) -> Selection {
        self.selected.selection()
    }
}

/// Which of the objects.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct Selected {
    /// Only objects with these labels.
    ///
    /// A selector is KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY or !KEY, or several of these with commas between them.
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        default_value = "",
        hide_default_value = true
    )]
    selector: LabelSelector,
    /// Only the objects of this namespace.
    ///
    /// Cluster-scoped objects are included, but never pruned.
    #[arg(hide_short_help = true, long, value_name = "NAMESPACE", value_parser = |name: &str| accept(name, Settings::refuse_namespace))]
    only_namespace: Option<String>,
    /// Only the objects of this component.
    ///
    /// This option may be repeated.
    #[arg(long, value_name = "NAME", add = candidates::components())]
    component: Vec<String>,
}

impl Selected {
    pub(in crate::cli) fn selection(&self) -> Selection {
        Selection {
            namespace: self.only_namespace.clone(),
            labels: self.selector.clone(),
            components: self.component.iter().cloned().collect(),
        }
    }
}
