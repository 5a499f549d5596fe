//! The git repository that holds the desired state.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Signature};
use serde_json::Value;

use super::objects::Set;

/// How many manifests a file has.
const A_FILE: usize = 5;

/// A repository with the directory `desired` in it.
pub struct Repository {
    /// The root of the work tree.
    pub dir: PathBuf,
}

impl Repository {
    /// An empty one at `dir`, which must not exist.
    pub fn new(dir: PathBuf) -> Repository {
        fs::create_dir_all(&dir).expect("a directory of our own");
        git2::Repository::init(&dir).expect("a new repository");
        Repository { dir }
    }

    /// Where the manifests are, which tools without `stackanetes.yaml` read too.
    pub fn manifests(&self) -> PathBuf {
        self.dir.join("desired/objects")
    }

    /// Writes all objects of `set`, and commits them.
    pub fn write(&self, set: &Set) {
        let name = &set.name;
        self.file("stackanetes.yaml", &format!("name: {name}\nnamespace: {name}\n"));
        // What others need comes first, and kubectl takes files in the order of their names.
        let (first, rest): (Vec<Value>, Vec<Value>) = set.objects().into_iter().partition(is_needed_first);
        self.file("objects/00000.yaml", &documents(&first));
        for (number, objects) in rest.chunks(A_FILE).enumerate() {
            self.file(&format!("objects/{:05}.yaml", number + 1), &documents(objects));
        }
        self.commit(&format!("Edition {}", set.edition));
    }

    /// Writes an object into a file of its own, and commits it.
    pub fn add(&self, path: &str, object: &Value) {
        self.file(path, &documents(std::slice::from_ref(object)));
        self.commit(&format!("Add {path}"));
    }

    /// Removes a file of `desired`, and commits that.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.dir.join("desired").join(path)).expect("a file of our own");
        self.commit(&format!("Remove {path}"));
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.dir.join("desired").join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    fn commit(&self, subject: &str) {
        let repository = git2::Repository::open(&self.dir).expect("a repository");
        let mut index = repository.index().expect("an index");
        index
            .add_all(["*"], IndexAddOption::DEFAULT, None)
            .expect("files are added");
        index.update_all(["*"], None).expect("removed files are left out");
        index.write().expect("the index is written");
        let tree = index.write_tree().expect("a tree");
        let tree = repository.find_tree(tree).expect("the tree");
        let author = Signature::now("Benchmark", "benchmark@example.com").expect("a signature");
        let parent = repository
            .head()
            .ok()
            .map(|head| head.peel_to_commit().expect("a commit"));
        let parents: Vec<_> = parent.iter().collect();
        repository
            .commit(Some("HEAD"), &author, &author, subject, &tree, &parents)
            .expect("a commit");
    }
}

fn is_needed_first(object: &Value) -> bool {
    object["kind"] == "Namespace" || object["kind"] == "CustomResourceDefinition"
}

fn documents(objects: &[Value]) -> String {
    let text = |object| serde_saphyr::to_string(object).expect("YAML");
    objects.iter().map(text).collect::<Vec<_>>().join("---\n")
}

/// The short id of the commit that this source is at, if it is in a repository.
pub fn own_commit() -> Option<String> {
    let repository = git2::Repository::discover(Path::new(env!("CARGO_MANIFEST_DIR"))).ok()?;
    let head = repository.head().ok()?.peel_to_commit().ok()?;
    head.id().to_string().get(..7).map(str::to_owned)
}
