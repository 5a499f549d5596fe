//! The options that commands share. Where kubectl has one, it has kubectl's name.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anstream::ColorChoice;
use clap::ArgAction;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::candidates;
pub(super) use super::connection::{Cluster, Reach};
use crate::applyset::inventory::ApplySet;
use crate::applyset::parent::Record;
use crate::cli::ui::{Ui, Verbosity};
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::object::commit::Commit;
use crate::object::selection::{LabelSelector, Selection};
use crate::plan::{
    Adoptable, Adoption, Budget, Conflicts, Empty, Environment, GoingBack, NoSet, OtherSet, Permit, Policy, Prune,
    SecretDefaults, Whose,
};
use crate::source::parameters::Assignment;
use crate::source::{self, ParameterInputs, Permission, Programs, Settings};

/// How much is shown, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// When to use colours.
    ///
    /// auto obeys NO_COLOR and FORCE_COLOR.
    #[arg(hide_short_help = true, long, global = true, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    color: String,
    /// Show more; twice, also every request.
    ///
    /// New objects are shown whole.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Show no progress.
    #[arg(hide_short_help = true, short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print everything at once, although it is longer than the terminal.
    ///
    /// Otherwise $STACKANETES_PAGER or $PAGER shows it [default: less -FRX].
    #[arg(hide_short_help = true, long, global = true)]
    no_pager: bool,
}

/// Whether [`FORCE_COLOR`](https://force-color.org) asks for colours also where nobody looks at a terminal.
/// [`NO_COLOR`](https://no-color.org) wins.
pub(super) fn is_color_forced() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_off = std::env::var_os("FORCE_COLOR").is_some_and(|value| value == "0");
    is_set("FORCE_COLOR") && !is_off && !is_set("NO_COLOR")
}

impl Output {
    pub(super) fn ui(&self) -> Ui {
        let color = match self.color.as_str() {
            "always" => ColorChoice::Always,
            "never" => ColorChoice::Never,
            _ if is_color_forced() => ColorChoice::Always,
            _ => ColorChoice::Auto,
        };
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        Ui::new(color, verbosity).with_pager(!self.no_pager)
    }

    /// With `-vv` every request is logged on standard error. Nothing of the libraries is: what they say
    /// of a refused request may quote what was sent.
    pub(super) fn start_log(&self) {
        if self.verbose < 2 {
            return;
        }
        let targets = Targets::new().with_target("stackanetes", LevelFilter::DEBUG);
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false);
        // A second command of the same process logs as the first one said.
        let _ = tracing_subscriber::registry().with(log.with_filter(targets)).try_init();
    }
}

/// The variable that stands for `--allow-programs`, where it is said for all runs.
const ALLOW_PROGRAMS: &str = "STACKANETES_ALLOW_PROGRAMS";

/// Which directory of desired state, and how it is set up.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(super) struct Directory {
    /// The directory.
    ///
    /// Of desired state: manifests, or all that `stackanetes help directories` tells of.
    #[arg(value_name = "DIR", default_value = "desired")]
    pub(super) path: PathBuf,
    /// The environment, DIR/environments/NAME.yaml.
    #[arg(short, long, value_name = "NAME", add = candidates::environments())]
    environment: Option<String>,
    /// Set a parameter; the value is YAML.
    #[arg(long, value_name = "GROUP.NAME=VALUE")]
    set: Vec<String>,
    /// Set a parameter to the text of a file.
    ///
    /// Without its last line break. A secret given so is in no list of processes and no shell's history.
    #[arg(hide_short_help = true, long, value_name = "GROUP.NAME=FILE", value_parser = text_of_file)]
    set_file: Vec<Assignment>,
    /// Set a parameter to the text of an environment variable.
    #[arg(hide_short_help = true, long, value_name = "GROUP.NAME=VARIABLE", value_parser = text_of_variable)]
    set_env: Vec<Assignment>,
    /// Set all the parameters of a YAML file, which need not be in DIR.
    ///
    /// It has the shape of environments/NAME.yaml, and SOPS may have encrypted it.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    parameters: Vec<PathBuf>,
    /// Decrypt what SOPS encrypted with the age identities of a file.
    ///
    /// [default: $SOPS_AGE_KEY, $SOPS_AGE_KEY_FILE, and sops/age/keys.txt in the user's configuration folder].
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    age_key_file: Vec<PathBuf>,
    /// Read DIR as it is in this commit.
    ///
    /// Whatever is on disk. A commit is a branch, a tag, HEAD~1 or 3f2c1ab.
    #[arg(long, value_name = "REV")]
    pub(super) revision: Option<String>,
    /// Run kustomize or helm where DIR says so.
    ///
    /// They run with your rights, on files that whoever can change DIR writes.
    #[arg(hide_short_help = true, long, env = ALLOW_PROGRAMS, hide_env_values = true, value_parser = is_allowed)]
    allow_programs: bool,
    #[arg(skip)]
    inputs: OnceLock<ParameterInputs>,
}

impl Directory {
    /// What was said of the parameters. The files that are named are read the first time only: they may be pipes.
    pub(super) fn inputs(&self) -> Result<ParameterInputs> {
        if let Some(inputs) = self.inputs.get() {
            return Ok(inputs.clone());
        }
        let inputs = self.read_inputs()?;
        Ok(self.inputs.get_or_init(|| inputs).clone())
    }

    fn read_inputs(&self) -> Result<ParameterInputs> {
        let files = self.parameters.iter().map(|path| file_of_parameters(path));
        let mut sets = files.collect::<Result<Vec<_>>>()?;
        sets.extend(self.set.iter().cloned().map(Assignment::Yaml));
        sets.extend(self.set_file.iter().chain(&self.set_env).cloned());
        Ok(ParameterInputs {
            environment: self.environment.clone(),
            sets,
            identities: source::identities(&self.age_key_file)?.into(),
            programs: Programs::new(if self.allow_programs {
                Permission::Allowed
            } else {
                Permission::Refused
            })
            .into(),
        })
    }
}

/// What the variable that allows programs says; one that is empty says nothing.
fn is_allowed(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "0" | "n" | "no" | "f" | "false" | "off" => Ok(false),
        "1" | "y" | "yes" | "t" | "true" | "on" => Ok(true),
        _ => Err("write 1 or 0".to_owned()),
    }
}

fn file_of_parameters(path: &Path) -> Result<Assignment> {
    let shown = path.display().to_string();
    let text = text_at(&shown).map_err(|why| Error::new(why).hint("--parameters takes the path of a YAML file"))?;
    // A pipe that failed leaves it so, and whoever names a file means what is in it.
    if text.trim().is_empty() {
        let hint = "write `{}` into it if no parameter is to be set, or leave out --parameters";
        return Err(Error::new(format!("{shown} is empty, and --parameters takes a YAML file")).hint(hint));
    }
    Ok(Assignment::File(SourceFile::new(shown, text)))
}

fn text_of_file(argument: &str) -> Result<Assignment, String> {
    let (name, path) = name_and_source(argument, "FILE")?;
    let text = text_at(path)?;
    Ok(set_text("--set-file", name, text.strip_suffix('\n').unwrap_or(&text)))
}

/// The text of the file at `path`.
fn text_at(path: &str) -> Result<String, String> {
    source::small_text(Path::new(path)).map_err(|error| format!("failed to read {path}: {error}"))
}

fn text_of_variable(argument: &str) -> Result<Assignment, String> {
    let (name, variable) = name_and_source(argument, "VARIABLE")?;
    match std::env::var(variable) {
        Ok(text) => Ok(set_text("--set-env", name, &text)),
        Err(VarError::NotPresent) => Err(format!("there is no environment variable {variable}")),
        Err(VarError::NotUnicode(_)) => Err(format!("the environment variable {variable} is not valid UTF-8")),
    }
}

fn name_and_source<'a>(argument: &'a str, source: &str) -> Result<(&'a str, &'a str), String> {
    argument
        .split_once('=')
        .ok_or_else(|| format!("write GROUP.NAME={source}"))
}

fn set_text(option: &'static str, name: &str, text: &str) -> Assignment {
    Assignment::Text {
        option,
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Where the desired state is written.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(super) struct Source {
    #[command(flatten)]
    directory: Directory,
    /// Read a file instead of DIR; `-` is standard input.
    #[arg(short, long, value_name = "FILENAME", conflicts_with_all = ["environment", "set", "set_file", "set_env", "parameters", "revision"])]
    filename: Option<PathBuf>,
}

impl Source {
    pub(super) fn inputs(&self) -> Result<ParameterInputs> {
        self.directory.inputs()
    }

    pub(super) fn environment(&self) -> Option<&str> {
        self.directory.environment.as_deref()
    }

    /// Whether any parameter is set by hand.
    pub(super) fn is_set_by_hand(&self) -> bool {
        let Directory {
            set,
            set_file,
            set_env,
            parameters,
            ..
        } = &self.directory;
        !set.is_empty() || !parameters.is_empty() || [set_file, set_env].iter().any(|given| !given.is_empty())
    }

    /// The commit to read from, if not from the disk.
    pub(super) fn revision(&self) -> Option<&str> {
        self.directory.revision.as_deref()
    }

    /// Whether it is read from elsewhere than a directory of desired state.
    pub(super) fn is_file(&self) -> bool {
        self.filename.is_some()
    }

    /// The path, or `None` for standard input.
    pub(super) fn path(&self) -> Option<&std::path::Path> {
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
pub(super) struct Desired {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) set: Set,
    #[command(flatten)]
    selected: Selected,
    /// Ask the server what an apply would do even of objects whose own records prove that nothing would
    /// change. A newer default or admission plugin is seen only so.
    #[arg(hide_short_help = true, long)]
    pub(super) verify: bool,
    /// Do not check DIR for mistakes.
    ///
    /// Without this, what `stackanetes check` finds in the objects that change is shown, and a sync refuses to write
    /// what is wrong in any cluster, such as a field or an option that there is not.
    #[arg(help_heading = "Safety", hide_short_help = true, long)]
    pub(super) no_check: bool,
    /// The name under which fields are applied.
    #[arg(hide_short_help = true, long, value_name = "NAME", default_value = FIELD_MANAGER)]
    pub(super) field_manager: String,
}

/// The name under which fields are applied, if no other is given.
pub(super) const FIELD_MANAGER: &str = "stackanetes";

impl Desired {
    /// The same, for this environment.
    pub(super) fn in_environment(&self, name: &str) -> Self {
        let mut desired = self.clone();
        desired.source.directory.environment = Some(name.to_owned());
        // What was read of the parameters is of another one.
        desired.source.directory.inputs = OnceLock::new();
        desired
    }

    /// The same, as it is in this commit, whose mistakes were synced before.
    pub(super) fn at(&self, commit: &Commit) -> Self {
        let mut desired = self.clone();
        desired.source.directory.revision = Some(commit.to_string());
        desired.no_check = true;
        desired
    }

    /// What was synced then: from that commit, with that environment and those parameters, but for the secret ones, of
    /// which no value is kept.
    pub(super) fn as_synced(named: &Named, set: &Set, record: &Record, field_manager: &str) -> Self {
        let by_hand = record.set.iter();
        let by_hand = by_hand.filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        let directory = Directory {
            path: named.directory.clone(),
            environment: record.environment.clone(),
            set: by_hand.collect(),
            revision: record.revision.as_ref().map(ToString::to_string),
            allow_programs: std::env::var(ALLOW_PROGRAMS).is_ok_and(|text| is_allowed(&text) == Ok(true)),
            ..Directory::default()
        };
        Self {
            source: Source {
                directory,
                filename: None,
            },
            set: set.clone(),
            selected: Selected::default(),
            verify: false,
            no_check: true,
            field_manager: field_manager.to_owned(),
        }
    }

    pub(super) fn selection(&self) -> Selection {
        self.selected.selection()
    }
}

/// Which of the objects.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(super) struct Selected {
    /// Only objects with these labels.
    ///
    /// KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY or !KEY, several with commas between them.
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
    /// And those that are cluster-scoped, which are then never pruned.
    #[arg(hide_short_help = true, long, value_name = "NAMESPACE", value_parser = |name: &str| accept(name, Settings::refuse_namespace))]
    only_namespace: Option<String>,
    /// Only the objects of this component.
    ///
    /// May be repeated.
    #[arg(long, value_name = "NAME", add = candidates::components())]
    component: Vec<String>,
}

impl Selected {
    pub(super) fn selection(&self) -> Selection {
        Selection {
            namespace: self.only_namespace.clone(),
            labels: self.selector.clone(),
            components: self.component.iter().cloned().collect(),
        }
    }
}

/// Which directory names the ApplySet.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(super) struct Named {
    /// The directory whose stackanetes.yaml names the ApplySet.
    #[arg(value_name = "DIR", default_value = "desired")]
    pub(super) directory: PathBuf,
    /// The environment, where the name or the namespace reads parameters.
    #[arg(short, long, value_name = "NAME", add = candidates::environments())]
    pub(super) environment: Option<String>,
}

/// Which ApplySet.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(super) struct Set {
    /// The name of the ApplySet, in place of that of stackanetes.yaml.
    ///
    /// Without a name nothing is a member, and nothing is pruned.
    #[arg(hide_short_help = true, long, value_name = "NAME", value_parser = |name: &str| accept(name, Settings::refuse_name))]
    pub(super) name: Option<String>,
    /// The namespace of manifests that name none.
    ///
    /// And of the ApplySet's own records [default: that of stackanetes.yaml, or of the kubeconfig's context].
    #[arg(hide_short_help = true, short, long, value_name = "NAMESPACE", value_parser = |name: &str| accept(name, Settings::refuse_namespace))]
    pub(super) namespace: Option<String>,
}

pub(super) fn accept(text: &str, refuse: fn(&str) -> Option<&'static str>) -> Result<String, &'static str> {
    refuse(text).map_or_else(|| Ok(text.to_owned()), Err)
}

/// An ApplySet as `--take-from` names it.
fn other_set(text: &str) -> Result<OtherSet, String> {
    let set: OtherSet = text.parse().map_err(|error: NoSet| error.to_string())?;
    if let Some(ApplySet { name, namespace }) = set.of_this_program() {
        accept(&namespace, Settings::refuse_namespace)?;
        accept(&name, Settings::refuse_name)?;
    }
    Ok(set)
}

/// What a sync may do, and so what a diff shows.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Safety")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Safety {
    /// Take fields that another manager owns.
    ///
    /// With another value, but for those that a rule of stackanetes.yaml leaves to it.
    #[arg(long)]
    force_conflicts: bool,
    /// Sync another environment than the one that was synced last.
    #[arg(hide_short_help = true, long)]
    switch_environment: bool,
    /// Sync the set from another directory, or another repository, than the last time.
    #[arg(hide_short_help = true, long)]
    switch_source: bool,
    /// Take over objects that exist and are not ours.
    ///
    /// All, or those of a KIND, or KIND/NAME. May be repeated. Those of another ApplySet are taken only with --take-from.
    #[arg(long, value_name = "KIND[/NAME]", num_args = 0..=1, require_equals = true)]
    adopt: Option<Vec<Adoptable>>,
    /// Take over the objects of another ApplySet that git has: NAMESPACE/NAME, or its id.
    ///
    /// May be repeated. Nothing is deleted for it, and nothing restarts; what git does not have stays with that ApplySet.
    /// `stackanetes help moving` tells how to rename, split and join ApplySets.
    #[arg(hide_short_help = true, long, value_name = "APPLYSET", value_parser = other_set)]
    take_from: Vec<OtherSet>,
    /// Delete nothing.
    #[arg(long)]
    pub(super) no_prune: bool,
    /// Delete at most this many objects, or this share of all.
    ///
    /// [default: 10 or 10%, whichever is more].
    #[arg(hide_short_help = true, long, value_name = "N|N%")]
    max_prune: Option<Budget>,
    /// Take an empty directory for what is meant, and delete every member.
    #[arg(hide_short_help = true, long)]
    pub(super) allow_empty: bool,
    /// Delete objects of this kind too, where it is kept otherwise: PersistentVolumeClaim,
    /// CustomResourceDefinition, and Secret where values were generated.
    #[arg(hide_short_help = true, long, value_name = "KIND")]
    prune_kind: Vec<String>,
    /// Sync to an API server although secret parameters have the defaults of DIR, which whoever can read it knows.
    #[arg(hide_short_help = true, long)]
    allow_default_secrets: bool,
    /// Go back to an earlier commit across Jobs that did what cannot be undone, as their annotation
    /// stackanetes.io/irreversible says.
    #[arg(hide_short_help = true, long)]
    allow_irreversible: bool,
    /// Run this Job again, although its inputs did not change.
    ///
    /// NAME or NAMESPACE/NAME.
    #[arg(hide_short_help = true, long, value_name = "JOB")]
    rerun: Vec<String>,
    /// Replace this object where it cannot be changed.
    ///
    /// KIND/NAME or KIND/NAMESPACE/NAME. The plan says what is lost by it.
    #[arg(hide_short_help = true, long, value_name = "KIND/NAME")]
    replace: Vec<Permit>,
}

impl Safety {
    fn adoption(&self) -> Adoption {
        match self.adopt.as_deref() {
            None => Adoption::Annotated,
            Some([]) => Adoption::All,
            Some(named) => Adoption::Named(named.to_vec()),
        }
    }

    /// The ApplySets of `--take-from`, each once.
    fn other_sets(&self) -> Vec<OtherSet> {
        let mut sets: Vec<OtherSet> = Vec::new();
        for set in &self.take_from {
            if sets.iter().all(|other| other.id != set.id) {
                sets.push(set.clone());
            }
        }
        sets
    }

    pub(super) fn policy(&self, field_manager: &str, environment: Option<&str>) -> Policy {
        Policy {
            elsewhere: None,
            field_manager: field_manager.to_owned(),
            environment: if self.switch_environment {
                Environment::Any
            } else {
                Environment::Only(environment.map(str::to_owned))
            },
            whose: if self.switch_source {
                Whose::Anybodys
            } else {
                Whose::Ours
            },
            conflicts: if self.force_conflicts {
                Conflicts::Force
            } else {
                Conflicts::Stop
            },
            adoption: self.adoption(),
            take_from: self.other_sets(),
            prune: if self.no_prune { Prune::Nothing } else { Prune::Dropped },
            budget: self.max_prune.unwrap_or_default(),
            empty: if self.allow_empty { Empty::Meant } else { Empty::Refused },
            secret_defaults: if self.allow_default_secrets {
                SecretDefaults::Allowed
            } else {
                SecretDefaults::Refused
            },
            prune_kinds: self.prune_kind.clone(),
            going_back: if self.allow_irreversible {
                GoingBack::Meant
            } else {
                GoingBack::Refused
            },
            rerun: self.rerun.clone(),
            replace: self.replace.clone(),
        }
    }
}
