//! A directory of desired state, and what is said of its parameters.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::applyset::parent::Record;
use crate::cli::candidates;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::source::parameters::Assignment;
use crate::source::{self, ParameterInputs, Permission, Programs};

/// The variable that stands for `--allow-programs`, where it is said for all runs.
const ALLOW_PROGRAMS: &str = "STACKANETES_ALLOW_PROGRAMS";

/// The directory, where none is named.
pub(super) const DIRECTORY: &str = "desired";

/// Which directory of desired state, and how it is set up.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Desired state")]
pub(in crate::cli) struct DirectoryOptions {
    /// The directory.
    ///
    /// It holds the desired state: manifests, and whatever else `stackanetes help directories` describes.
    #[arg(value_name = "DIR", default_value = DIRECTORY)]
    pub(in crate::cli) path: PathBuf,
    /// The environment, DIR/environments/NAME.yaml.
    #[arg(short, long, value_name = "NAME", add = candidates::environments())]
    environment: Option<String>,
    /// Set a parameter; the value is YAML.
    #[arg(long, value_name = "GROUP.NAME=VALUE")]
    set: Vec<String>,
    /// Set a parameter to the text of a file.
    ///
    /// The last line break of the file is left out. A secret that is given this way appears neither in the list of
    /// processes nor in the history of the shell.
    #[arg(hide_short_help = true, long, value_name = "GROUP.NAME=FILE", value_parser = text_of_file)]
    set_file: Vec<Assignment>,
    /// Set a parameter to the text of an environment variable.
    #[arg(hide_short_help = true, long, value_name = "GROUP.NAME=VARIABLE", value_parser = text_of_variable)]
    set_env: Vec<Assignment>,
    /// Set all the parameters of a YAML file, which need not be in DIR.
    ///
    /// The file has the format of environments/NAME.yaml, and may be encrypted with SOPS.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    parameters: Vec<PathBuf>,
    /// Decrypt what SOPS encrypted with the age identities of a file.
    ///
    /// [default: $SOPS_AGE_KEY, $SOPS_AGE_KEY_FILE, and sops/age/keys.txt in the user's configuration folder]
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    age_key_file: Vec<PathBuf>,
    /// Read DIR as it is in this commit.
    ///
    /// The files on disk do not matter then. REV is a branch, a tag, or a commit such as HEAD~1 or 3f2c1ab.
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) revision: Option<String>,
    /// Run kustomize or helm where DIR says so.
    ///
    /// They run with your rights, and whoever can change DIR decides what they read.
    #[arg(hide_short_help = true, long, env = ALLOW_PROGRAMS, hide_env_values = true, value_parser = is_allowed)]
    allow_programs: bool,
    #[arg(skip)]
    inputs: OnceLock<ParameterInputs>,
}

impl DirectoryOptions {
    /// The directory at `path` as it was synced then: at that commit, with that environment and those parameters, but for
    /// the secret ones, of which no value is kept.
    pub(super) fn as_synced(path: PathBuf, record: &Record) -> Self {
        let by_hand = record.set.iter();
        let by_hand = by_hand.filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        Self {
            path,
            environment: record.environment.clone(),
            set: by_hand.collect(),
            revision: record.revision.as_ref().map(ToString::to_string),
            allow_programs: std::env::var(ALLOW_PROGRAMS).is_ok_and(|text| is_allowed(&text) == Ok(true)),
            ..Self::default()
        }
    }

    /// The same, in this environment; what was read of the parameters counts there too.
    pub(super) fn in_environment(&self, name: &str) -> Result<Self> {
        let environment = Some(name.to_owned());
        let inputs = ParameterInputs {
            environment: environment.clone(),
            ..self.inputs()?
        };
        Ok(Self {
            environment,
            inputs: OnceLock::from(inputs),
            ..self.clone()
        })
    }

    pub(super) fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// Whether any parameter is set by hand.
    pub(super) fn is_set_by_hand(&self) -> bool {
        let Self {
            set,
            set_file,
            set_env,
            parameters,
            ..
        } = self;
        !set.is_empty() || !parameters.is_empty() || [set_file, set_env].iter().any(|given| !given.is_empty())
    }

    /// What was said of the parameters. The files that are named are read the first time only: they may be pipes.
    pub(in crate::cli) fn inputs(&self) -> Result<ParameterInputs> {
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
