//! Objects that another program makes of the directory's files: Kustomize and Helm.
//!
//! Whoever can change the files decides what such a program does, so none is run that was not allowed outside
//! of them. It gets a copy of the directory as it is in the tree that is read, with nothing of the user's
//! environment, and a limited time. What would lead it out of the directory is refused before.

mod declared;
mod failure;
mod helm;
mod kustomization;
mod kustomize;
mod origins;
mod process;
mod snapshot;
mod sources;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use declared::Program;
pub(super) use declared::{DeclarationContext, DeclaredProgram, KEYS, declared};
use failure::ProgramFailure;
use snapshot::{Digest, FileSnapshot};
use sources::ProgramSources;

use super::Manifest;
use super::tree::FileTree;
use super::unseal::Unsealer;
use crate::diagnostic::error::{Error, Result};
use crate::diagnostic::place::SourceFile;
use crate::source::{manifest, paths};

/// How long a program may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How long all programs of one command may take together: a history may ask for many commits.
const LONGEST_TOGETHER: Duration = Duration::from_secs(300);
/// How many results are kept: those of the commits that one command compares, and some of a history.
const KEPT: usize = 16;

/// Whether programs may be run on the files of a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Permission {
    /// None is run, and a directory that asks for one is an error.
    #[default]
    Refused,
    /// Programs may run, with the rights of whoever runs the command.
    Allowed,
}

/// The programs of one command, and what they made so far. The same files are given to the same program once.
#[derive(Debug)]
pub struct Programs {
    permission: Permission,
    kept: Mutex<HashMap<(Digest, Program), Arc<SourceFile>>>,
    /// How long programs may still run.
    left: Mutex<Duration>,
}

impl Programs {
    /// Programs that may be run, or not.
    pub fn new(permission: Permission) -> Self {
        Self {
            permission,
            kept: Mutex::default(),
            left: Mutex::new(LONGEST_TOGETHER),
        }
    }
}

impl Default for Programs {
    /// None may be run.
    fn default() -> Self {
        Self::new(Permission::default())
    }
}

/// A directory as it is read: its files, and all that is needed to make objects of them.
pub(super) struct Reading<'a> {
    pub(super) tree: &'a dyn FileTree,
    /// The top of the directory.
    pub(super) root: &'a Path,
    pub(super) unsealer: &'a Unsealer<'a>,
    programs: &'a Programs,
    /// The files, once a program needs them.
    snapshot: OnceCell<FileSnapshot>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        tree: &'a dyn FileTree,
        root: &'a Path,
        unsealer: &'a Unsealer<'a>,
        programs: &'a Programs,
    ) -> Self {
        Self {
            tree,
            root,
            unsealer,
            programs,
            snapshot: OnceCell::new(),
        }
    }

    /// The objects that the declared program makes; none where it cannot, which is added to `errors`.
    pub(super) fn built(&self, declared: &DeclaredProgram, errors: &mut Vec<Error>) -> Vec<Manifest> {
        match self.build(declared) {
            Ok((output, sources)) => {
                let manifests = manifest::read(&output, None, self.unsealer, errors);
                origins::placed(manifests, declared, &output, &sources)
            }
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        }
    }

    fn build(&self, declared: &DeclaredProgram) -> Result<(Arc<SourceFile>, Arc<ProgramSources>)> {
        let failed = |failure: ProgramFailure| failure.of(declared);
        if self.programs.permission == Permission::Refused {
            return Err(failed(ProgramFailure::NotAllowed));
        }
        let snapshot = self.snapshot()?;
        let sources = Arc::new(match &declared.program {
            Program::Kustomize { folder } => kustomize::sources(snapshot, self.root, folder, declared)?,
            Program::Helm(release) => helm::sources(snapshot, self.root, release, declared)?,
        });
        let key = (snapshot.digest(), declared.program.clone());
        if let Some(output) = lock(&self.programs.kept).get(&key) {
            return Ok((Arc::clone(output), sources));
        }
        let printed = self.print(snapshot, &declared.program);
        let command = declared.program.command(self.root);
        let printed = printed.map_err(|failure| {
            failed(if sources.has_secret() {
                failure.without_output(command.clone())
            } else {
                failure
            })
        })?;
        let output = SourceFile::printed(command, printed);
        let mut kept = lock(&self.programs.kept);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&output));
        Ok((output, sources))
    }

    fn snapshot(&self) -> Result<&FileSnapshot> {
        if let Some(snapshot) = self.snapshot.get() {
            return Ok(snapshot);
        }
        let taken = FileSnapshot::take(self.tree, self.root)?;
        Ok(self.snapshot.get_or_init(|| taken))
    }

    /// What the program prints, of a copy of the files.
    fn print(&self, snapshot: &FileSnapshot, program: &Program) -> Result<String, ProgramFailure> {
        let mut left = lock(&self.programs.left);
        if left.is_zero() {
            let limit = LONGEST_TOGETHER;
            return Err(ProgramFailure::UsedUp { limit });
        }
        let place = process::PrivateFolder::new()?;
        snapshot.write(&place.files())?;
        let command = match program {
            Program::Kustomize { folder } => kustomize::command(folder)?,
            Program::Helm(release) => helm::command(release)?,
        };
        let limit = LONGEST.min(*left);
        let run = process::run(&place, command, limit);
        *left = left.saturating_sub(run.took);
        run.printed
            .map_err(|failure| failure.seen_from(&place.files(), &paths::shown(self.root)))
    }
}

/// What a mutex holds. Nothing that is done under these can panic half-way.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
