//! Which files of a directory there are, and what each is by its name.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::component;
use super::exclude::Exclude;
use super::file_text::{not_checked_out, unreadable};
use super::paths::{refuse_leading_out, refuse_real, shown};
use super::preamble::Preamble;
use super::tree::{EntryKind, FileTree};
use crate::diagnostic::error::{Error, Result};

/// The file that says what the directory as a whole is.
const SETTINGS: &str = "stackanetes.yaml";

/// The files of a directory, by path.
#[derive(Debug, Default)]
pub(super) struct DirectoryFiles {
    pub(super) settings: Option<PathBuf>,
    /// `parameters.yaml`, in a directory with settings.
    pub(super) parameters: Option<PathBuf>,
    /// `parameters.schema.json`, likewise.
    pub(super) schema: Option<PathBuf>,
    /// `environments/NAME.yaml` by its name, likewise.
    pub(super) environments: BTreeMap<String, PathBuf>,
    /// `NAME/component.yaml` by its name, likewise.
    pub(super) components: BTreeMap<String, PathBuf>,
    /// What stands in `defaults`, likewise, by path.
    pub(super) defaults: Vec<PathBuf>,
    pub(super) manifests: Vec<PathBuf>,
}

/// Finds every `.yaml`, `.yml` and `.json` file in the tree of `root`; if `root` is a file, only that.
///
/// What begins with a dot is skipped, and what the directory leaves out. A symbolic link is followed within the
/// directory and must not lead out of it, so that a directory is whole wherever it is checked out; a file is found
/// once, however many links lead to it, and what the settings are read from is no manifest.
pub(super) fn find(
    tree: &dyn FileTree,
    root: &Path,
    preamble: &Preamble,
    errors: &mut Vec<Error>,
) -> Result<DirectoryFiles> {
    if !is_directory(tree, root)? {
        return Ok(DirectoryFiles {
            manifests: vec![root.to_owned()],
            ..DirectoryFiles::default()
        });
    }
    let real = tree.real(root).map_err(|error| unreadable(root, error))?;
    let mut walk = FileWalk {
        tree,
        root,
        real: &real,
        exclude: &preamble.exclude,
        seen: HashSet::new(),
        links: VecDeque::new(),
        files: DirectoryFiles {
            settings: preamble.settings.clone(),
            ..DirectoryFiles::default()
        },
        errors,
    };
    if let Some(settings) = &preamble.settings {
        walk.seen
            .insert(tree.real(settings).map_err(|error| unreadable(settings, error))?);
    }
    walk.visit(root, &real);
    while let Some(link) = walk.links.pop_front() {
        walk.follow(&link);
    }
    let mut files = walk.files;
    files.manifests.sort();
    if files.settings.is_some() {
        files.set_aside(root);
    }
    Ok(files)
}

impl DirectoryFiles {
    /// Takes the files out of the manifests that are none by their names, in a directory with settings.
    fn set_aside(&mut self, root: &Path) {
        for path in std::mem::take(&mut self.manifests) {
            let inside = path.strip_prefix(root).unwrap_or(&path);
            let folder = inside.parent().and_then(Path::to_str).unwrap_or_default();
            let environment = Some(inside.file_stem().and_then(OsStr::to_str).unwrap_or_default())
                .filter(|_| folder == "environments");
            let is_component = inside.file_name() == Some(OsStr::new(component::FILE))
                && !folder.is_empty()
                && !folder.contains(std::path::MAIN_SEPARATOR);
            if inside == Path::new("parameters.yaml") {
                self.parameters = Some(path);
            } else if inside == Path::new("parameters.schema.json") {
                self.schema = Some(path);
            } else if let Some(name) = environment {
                self.environments.insert(name.to_owned(), path);
            } else if inside.starts_with("defaults") {
                self.defaults.push(path);
            } else if is_component {
                self.components.insert(folder.to_owned(), path);
            } else {
                self.manifests.push(path);
            }
        }
    }
}

/// The settings file of the directory at `root`, if it has one. It may be a link within the directory.
pub(super) fn settings_of(tree: &dyn FileTree, root: &Path) -> Result<Option<PathBuf>> {
    let path = root.join(SETTINGS);
    if !is_directory(tree, root)? || tree.kind(&path).is_err() {
        return Ok(None);
    }
    refuse_leading_out(tree, root, &path)?;
    Ok(Some(path))
}

/// Refuses the folder of a component, which means nothing without the directory that it is a part of.
pub(super) fn refuse_component(tree: &dyn FileTree, root: &Path) -> Result<()> {
    let is_file = |path: &Path| tree.kind(path).is_ok_and(|kind| kind == EntryKind::File);
    let (Some(whole), Some(name)) = (root.parent(), root.file_name()) else {
        return Ok(());
    };
    if is_file(&root.join(SETTINGS)) || !is_file(&root.join(component::FILE)) || !is_file(&whole.join(SETTINGS)) {
        return Ok(());
    }
    let (whole, name) = (shown(whole), name.to_string_lossy());
    let whole = if whole.is_empty() { "." } else { &whole };
    Err(Error::new(format!(
        "{} is a component of {whole}, and no directory by itself",
        shown(root)
    ))
    .hint(format!(
        "name {whole}, and `--component {name}` where its objects alone are meant"
    )))
}

fn is_directory(tree: &dyn FileTree, root: &Path) -> Result<bool> {
    match tree.kind(root) {
        Ok(kind) => Ok(kind == EntryKind::Directory),
        Err(error) if error.io_kind() == Some(io::ErrorKind::NotFound) => {
            Err(
                Error::new(format!("there is no directory {}{}", shown(root), tree.of()))
                    .hint("name the directory that holds the manifests"),
            )
        }
        Err(error) => Err(unreadable(root, error)),
    }
}

pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

struct FileWalk<'a> {
    tree: &'a dyn FileTree,
    root: &'a Path,
    real: &'a Path,
    exclude: &'a Exclude,
    /// The real paths of what was found and of the directories looked into.
    seen: HashSet<PathBuf>,
    /// Links, to be followed once all that is no link was found.
    links: VecDeque<PathBuf>,
    files: DirectoryFiles,
    errors: &'a mut Vec<Error>,
}

impl FileWalk<'_> {
    /// Looks into a directory by the path it is shown by and the path it really has.
    fn visit(&mut self, shown: &Path, real: &Path) {
        if !self.seen.insert(real.to_owned()) {
            return;
        }
        let mut entries = match self.tree.entries(shown) {
            Ok(entries) => entries,
            Err(error) => return self.errors.push(unreadable(shown, error)),
        };
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, kind) in entries {
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let (path, real) = (shown.join(&name), real.join(&name));
            if self.leaves_out(&path, kind) {
                continue;
            }
            match kind {
                EntryKind::Directory => self.visit(&path, &real),
                EntryKind::Link => self.links.push_back(path),
                EntryKind::File => self.add(path, real),
                EntryKind::Submodule => self.errors.push(not_checked_out(&path, &self.tree.of())),
                EntryKind::Other => {}
            }
        }
    }

    fn leaves_out(&self, path: &Path, kind: EntryKind) -> bool {
        let inside = path.strip_prefix(self.root).unwrap_or(path);
        let is_directory = matches!(kind, EntryKind::Directory | EntryKind::Submodule);
        self.exclude.leaves_out(inside, is_directory)
    }

    fn add(&mut self, path: PathBuf, real: PathBuf) {
        if !is_manifest(&path) || !self.seen.insert(real) {
            return;
        }
        match path.strip_prefix(self.root).ok().and_then(Path::to_str) {
            Some("stackanetes.yml") => {
                let error = Error::new(format!("{} has a name that is not looked for", shown(&path)));
                self.errors.push(error.hint(format!("rename it to {SETTINGS}")));
            }
            _ => self.files.manifests.push(path),
        }
    }

    fn follow(&mut self, link: &Path) {
        let real = match self.tree.real(link) {
            Ok(real) => real,
            Err(error) if is_manifest(link) => {
                let error = Error::new(format!("the symbolic link {} leads nowhere", shown(link))).because(error);
                return self.errors.push(error.hint("mend the link, or remove it"));
            }
            Err(_) => return,
        };
        let kind = self.tree.kind(link).unwrap_or(EntryKind::Other);
        let is_directory = kind == EntryKind::Directory;
        if !is_directory && !is_manifest(link) {
            return;
        }
        if let Err(error) = refuse_real((self.root, self.real), (link, &real)) {
            self.errors.push(error);
        } else if is_directory {
            self.visit(link, &real);
        } else if kind == EntryKind::File {
            self.add(link.to_owned(), real);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::diagnostic::place::{Place, SourceFile};
    use crate::source::tree::Disk;

    /// A directory of its own, removed in the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let path = std::env::temp_dir().join(format!("stackanetes-files-{}-{name}", std::process::id()));
            let scratch = Self(path);
            for (file, text) in files {
                let file = scratch.0.join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("created");
                fs::write(file, text).expect("written");
            }
            scratch
        }

        fn found(&self) -> (Vec<String>, Vec<String>) {
            let mut errors = Vec::new();
            let preamble = Preamble::read(&Disk, &self.0).expect("a directory");
            let files = find(&Disk, &self.0, &preamble, &mut errors).expect("a directory");
            let short = |path: &PathBuf| path.strip_prefix(&self.0).expect("inside").display().to_string();
            let prefix = format!("{}/", self.0.display());
            let messages = errors.iter().map(|error| error.to_string().replace(&prefix, ""));
            (
                files.settings.iter().chain(&files.manifests).map(short).collect(),
                messages.collect(),
            )
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn manifests_are_found_in_order_and_what_is_hidden_is_not() {
        let files = [
            "b.yaml",
            "a/z.yml",
            "a/b/c.json",
            "stackanetes.yaml",
            "README.md",
            ".x.yaml",
            ".git/y.yaml",
            "a-b.yaml",
        ];
        let scratch = Scratch::new("order", &files.map(|file| (file, "")));
        let (found, errors) = scratch.found();
        assert_eq!(
            found,
            ["stackanetes.yaml", "a/b/c.json", "a/z.yml", "a-b.yaml", "b.yaml"]
        );
        assert!(errors.is_empty(), "{errors:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_directory_only() {
        use std::os::unix::fs::symlink;

        let outside = Scratch::new("outside", &[("o.yaml", ""), ("notes.txt", "")]);
        let scratch = Scratch::new("links", &[("a/b.yaml", ""), ("..data/hidden.yaml", "")]);
        let link = |target: &Path, name: &str| symlink(target, scratch.0.join(name)).expect("linked");
        link(Path::new("a/b.yaml"), "again.yaml");
        link(Path::new(".."), "a/up");
        link(Path::new("..data/hidden.yaml"), "mounted.yaml");
        link(Path::new("nowhere.yaml"), "broken.yaml");
        link(&outside.0.join("o.yaml"), "out.yaml");
        link(&outside.0, "outdir");
        link(&outside.0.join("notes.txt"), "notes.txt");
        let (found, errors) = scratch.found();
        assert_eq!(found, ["a/b.yaml", "mounted.yaml"]);
        let out = |link: &str| format!("the symbolic link {link} leads out of {}", scratch.0.display());
        assert_eq!(
            errors,
            [
                "the symbolic link broken.yaml leads nowhere".to_owned(),
                out("out.yaml"),
                out("outdir")
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn no_file_is_taken_of_what_git_keeps_for_itself() {
        use std::os::unix::fs::symlink;

        let scratch = Scratch::new("git", &[(".git/config", ""), ("web/b.txt", "")]);
        symlink("../.git/config", scratch.0.join("web/x")).expect("linked");
        symlink(".git/config", scratch.0.join("y.yaml")).expect("linked");
        let place = Place::new(SourceFile::new("component.yaml", "x"), 0..1);
        for named in ["x", "../.git/config"] {
            let error = component::find(&Disk, &scratch.0, &scratch.0.join("web"), Path::new(named), &place);
            let error = error.expect_err(named).to_string();
            assert!(error.contains("leads into .git"), "{error}");
        }
        component::find(&Disk, &scratch.0, &scratch.0.join("web"), Path::new("b.txt"), &place).expect("a file");
        assert!(refuse_leading_out(&Disk, &scratch.0, &scratch.0.join("web/x")).is_err());
        let (found, errors) = scratch.found();
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(errors, ["y.yaml leads into .git, which is no part of the directory"]);
    }

    #[test]
    fn a_single_file_is_a_directory_of_one() {
        let scratch = Scratch::new("single", &[("a.yaml", "")]);
        let path = scratch.0.join("a.yaml");
        let preamble = Preamble::read(&Disk, &path).expect("nothing is left out of a file");
        assert_eq!(
            find(&Disk, &path, &preamble, &mut Vec::new()).expect("found").manifests,
            [path]
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = Preamble::read(&Disk, Path::new("./no/such")).expect_err("not there");
        assert_eq!(error.to_string(), "there is no directory no/such");
    }
}
