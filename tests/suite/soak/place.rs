//! Where the cycles are run: a control plane and a repository of their own.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Child;

use serde_json::{Value, json};
use stackanetes::cli;

use super::level::{Quantity, Sample};
use super::measured;
use super::others::Others;
use crate::bed::{Bed, Run, job_with_inputs};
use crate::control_plane::{ControlPlane, Form};

/// After so many cycles everything has happened once.
pub const PERIOD: usize = 6;

/// How many syncs the history has room for.
const HISTORY: usize = 50;

/// The kinds whose objects are counted, and where they are found.
const KINDS: [(&str, &str); 5] = [
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/api/v1", "pods"),
    ("/apis/batch/v1", "jobs"),
    ("/apis/coordination.k8s.io/v1", "leases"),
];

/// What runs the commands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The program, each time anew. Beside it `status --watch` runs all the time.
    Programs,
    /// This process.
    Library,
}

/// A place, and the most memory that commands took since the last time that it was measured.
pub struct Place {
    way: Way,
    bed: Bed,
    others: Others,
    /// Where the commands put what they need for a short time.
    temporary: PathBuf,
    watch: Option<Child>,
    peaks: [u64; 2],
}

impl Place {
    pub fn new(name: &str, way: Way) -> Place {
        // Of its own: its watches are counted. It ends with this process.
        let plane: &'static ControlPlane = Box::leak(Box::new(ControlPlane::start(Form::Full)));
        let bed = Bed::on(plane, name);
        // Those of this process are its own, and the cache is below.
        let temporary = match way {
            Way::Programs => bed.beside("temporary"),
            Way::Library => env::temp_dir(),
        };
        fs::create_dir_all(&temporary).expect("a directory of our own");
        for number in 0..PERIOD {
            bed.write_config_map(&format!("kept-{number}"), &[("a", "1")]);
        }
        bed.write_config_map("settings", &[("mode", "fast"), ("level", "1")]);
        bed.write("login.yaml", &crate::bed::secret("login"));
        bed.write("job.yaml", &job(0));
        bed.commit("All");
        let mut place = Place {
            others: Others::connect(plane, name),
            way,
            bed,
            temporary,
            watch: None,
            peaks: [0; 2],
        };
        assert_eq!(place.run(0, &SYNC), 0);
        if way == Way::Programs {
            let mut watch = place.bed.command(&["status", "--watch"]);
            watch
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            place.watch = Some(watch.spawn().expect("the command can be run"));
        }
        place
    }

    /// Others write, git changes, it is synced, and then there is no difference.
    pub fn cycle(&mut self, cycle: usize) {
        self.drift(cycle);
        self.change_git(cycle);
        assert_eq!(self.run(0, &SYNC), 0, "the sync of cycle {cycle}");
        assert_eq!(self.run(1, &["diff"]), 0, "the diff of cycle {cycle}");
        let settings = self.others.config_map("settings");
        assert_eq!(settings["data"]["mode"], "fast", "cycle {cycle}");
    }

    /// Somebody new changes a field of ours and one of their own, an object of ours goes, and one comes that has our
    /// label, or goes.
    fn drift(&self, cycle: usize) {
        let others = &self.others;
        // A person, or a program whose name nobody has seen before.
        let somebody = match cycle % 2 {
            0 => format!("somebody-{cycle:05}"),
            _ => "kubectl-edit".to_owned(),
        };
        let theirs = json!({"data": {"mode": "slow", "theirs": somebody}});
        others.patch("settings", &somebody, &theirs);
        assert!(others.delete(&format!("kept-{}", cycle % PERIOD)), "it was synced");
        if !others.delete("stranger") {
            let parent = others.config_map(&self.parent());
            let set = &parent["metadata"]["labels"]["applyset.kubernetes.io/id"];
            others.create("stranger", &json!({"applyset.kubernetes.io/part-of": set}));
        }
    }

    fn change_git(&self, cycle: usize) {
        match cycle % PERIOD {
            0 => self.bed.write_config_map("guest", &[("a", "1")]),
            2 => self.bed.remove("guest.yaml"),
            4 => self.bed.write("job.yaml", &job(cycle)),
            _ => return,
        }
        self.bed.commit(&format!("Cycle {cycle:05}"));
    }

    fn parent(&self) -> String {
        format!("stackanetes-{}", self.bed.namespace)
    }

    /// Fills the history with the syncs that it has, so that its length does not change any more.
    pub fn fill_history(&self) {
        let parent = self.others.config_map(&self.parent());
        let text = parent["data"]["history"].as_str().expect("a history");
        let syncs: Vec<Value> = serde_json::from_str(text).expect("JSON");
        let period = syncs.iter().take(PERIOD);
        let full: Vec<&Value> = period.cycle().take(HISTORY).collect();
        let patch = json!({"data": {"history": json!(full).to_string()}});
        self.others.patch(&self.parent(), "stackanetes", &patch);
    }

    /// Runs a command; its exit code.
    fn run(&mut self, which: usize, args: &[&str]) -> i32 {
        if self.way == Way::Library {
            let (dir, kubeconfig) = (self.bed.dir.join("desired"), &self.bed.user.kubeconfig);
            let given = [dir.as_os_str(), "--kubeconfig".as_ref(), kubeconfig.as_os_str()];
            let words = ["stackanetes"].iter().chain(args).map(Into::into);
            return i32::from(cli::run_args(words.chain(given.map(Into::into))).code());
        }
        let child = self.bed.command(args).env("TMPDIR", &self.temporary).spawn();
        let child = child.expect("the command can be run");
        let peak = measured::peak(child.id());
        let run = Run::finish(child);
        let peak = peak.join().expect("it measures");
        self.peaks[which] = self.peaks[which].max(peak);
        assert_eq!(run.code, 0, "{args:?}: {run:#?}");
        run.code
    }

    /// What everything takes now, and the commands took since the last time.
    pub fn measured(&mut self) -> Sample {
        let objects: Vec<Value> = KINDS
            .iter()
            .flat_map(|(root, plural)| self.others.list(root, plural))
            .collect();
        let parent = self.others.config_map(&self.parent());
        let fields: u64 = objects
            .iter()
            .map(|object| length(&object["metadata"]["managedFields"]))
            .sum();
        let process = self
            .watch
            .as_ref()
            .map_or("self".to_owned(), |watch| watch.id().to_string());
        let of = [&self.bed.dir, &self.bed.cache(), &self.temporary];
        let files: u64 = of.iter().map(|directory| measured::files(directory)).sum();
        let mut sample = Sample::new();
        let mut note = |name, allowance, value| sample.insert(Quantity { name, allowance }, value);
        note("objects in the namespace", 3, objects.len() as u64);
        note("bytes of the parent", 2_048, length(&parent));
        note("bytes of managed fields", 2_048, fields);
        note("files", 2, files);
        note("watches at the API server", 8, self.others.watches());
        note("open descriptors", 4, measured::descriptors(&process));
        let memory = measured::memory(&process, "VmRSS").unwrap_or(0);
        note("memory of a process that goes on (KiB)", 24 * 1_024, memory);
        if self.way == Way::Programs {
            let [sync, diff] = std::mem::take(&mut self.peaks);
            note("most memory of a sync (KiB)", 16 * 1_024, sync);
            note("most memory of a diff (KiB)", 16 * 1_024, diff);
        }
        sample
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(watch) = &mut self.watch {
            let _ = watch.kill();
            let _ = watch.wait();
        }
        if self.way == Way::Programs {
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

const SYNC: [&str; 6] = ["sync", "--yes", "--timeout", "60s", "--quiet", "--force-conflicts"];

/// The length of a value as JSON.
fn length(value: &Value) -> u64 {
    value.to_string().len() as u64
}

/// The Job `migrate`, whose input is this number, written at the same length whichever it is.
fn job(input: usize) -> String {
    job_with_inputs(&format!("migrate:{input:05}"))
}
