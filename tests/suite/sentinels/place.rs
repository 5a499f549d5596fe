//! A repository, a cluster and an environment with a secret in every place that can hold one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Sentinels;
use crate::bed::{self, Bed, Run};
use crate::{built, sops};

/// What reads each parameter, in a Secret and in what is none.
const READERS: &str = "apiVersion: v1
kind: Secret
metadata: {name: parameters}
stringData:
  set: ${{ login.set }}
  file: ${{ login.file }}
  variable: ${{ login.variable }}
  values: ${{ login.values }}
  git: ${{ login.git }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: parameters}
data:
  url: postgres://user:${{ login.set }}@db/${{ login.file }}?a=${{ login.variable }}&b=${{ login.values }}
  git: user:${{ login.git }}
";

const SCHEMA: &str = r#"{"properties": {"login": {"writeOnly": true, "properties": {
    "set": {"type": "string"}, "file": {"type": "string"}, "variable": {"type": "string"},
    "values": {"type": "string"}, "git": {"type": "string"}}}}}"#;

/// The values of one state of everything.
pub struct Round {
    name: &'static str,
}

impl Round {
    pub fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The sentinel of a place.
    fn of(&self, place: &str) -> String {
        format!("Sentinel{place}{}Qx7zW", self.name)
    }
}

/// A command that fails, and what is wrong.
pub struct Failing {
    pub what: &'static str,
    /// Whether only a server can see that it is wrong, and none is asked.
    pub may_pass: bool,
    pub run: Run,
}

pub struct Place {
    pub bed: Bed,
    /// A folder with a `helm` that notes how it is called.
    bin: PathBuf,
}

impl Place {
    pub fn new(name: &'static str) -> Self {
        let bed = Bed::new(name);
        let bin = bed.beside("bin");
        fs::create_dir_all(&bin).expect("a directory of our own");
        let log = bin.join("children");
        let script = format!(
            "{{ echo \"$0 $*\"; env; }} >> '{}'\nexec '{}' \"$@\"",
            log.display(),
            built::helm().display()
        );
        bed::write_script(&bin.join("helm"), &script);
        bed::write_script(&bin.join("plugin"), &format!("echo '{PLUGIN}'\nexit 1"));
        let place = Self { bed, bin };
        bed::git(
            &place.bed.dir,
            &[
                "remote",
                "add",
                "origin",
                &format!("https://jo:{REMOTE}@git.example.com/a.git"),
            ],
        );
        let applied = bed::secret("applied").replace("hunter2", LAST_APPLIED);
        place.bed.kubectl_stdin(&["apply", "-f", "-"], &applied);
        place
    }

    /// All that are there in a round, but for what the cluster generates.
    pub fn sentinels(&self, round: &Round) -> Sentinels {
        let own = [
            "Data", "Text", "Set", "File", "Variable", "Values", "Git", "Sops", "Helm",
        ];
        let mut all: Vec<(&'static str, String)> = own.iter().map(|place| (*place, round.of(place))).collect();
        all.extend([
            ("last-applied-configuration", LAST_APPLIED.to_owned()),
            ("the URL of a remote", REMOTE.to_owned()),
            ("what a credential plugin prints", PLUGIN.to_owned()),
            ("the token of the kubeconfig", self.bed.user.token.clone()),
            ("the age identity", sops::KEY.to_owned()),
        ]);
        Sentinels(all)
    }

    /// Writes the repository, and commits it.
    pub fn write(&self, round: &Round) {
        let bed = &self.bed;
        let name = &bed.namespace;
        bed.write(
            "stackanetes.yaml",
            &format!("name: {name}\nnamespace: {name}\nexclude: [/charts/]\n"),
        );
        bed.write("parameters.schema.json", SCHEMA);
        let git = round.of("Git");
        bed.write(
            "parameters.yaml",
            &format!("login: {{set: a, file: b, variable: c, values: d, git: {git}}}\n"),
        );
        bed.write("parameters-in.yaml", READERS);
        let data = STANDARD.encode(round.of("Data"));
        let text = round.of("Text");
        bed.write(
            "credentials.yaml",
            &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: credentials}}\ndata: {{a: {data}}}\nstringData: {{b: {text}}}\n"),
        );
        bed.write("applied.yaml", &bed::secret("applied"));
        bed.write(
            "made/component.yaml",
            "secrets: [{name: made, generate: {password: {length: 24}}}]\n",
        );
        bed.write("web/component.yaml", "helm: {chart: ../charts/web, release: web}\n");
        bed.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
        bed.write("charts/web/values.yaml", &format!("password: {}\n", round.of("Helm")));
        bed.write(
            "charts/web/templates/secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: chart}\nstringData: {password: \"{{ .Values.password }}\"}\n",
        );
        bed.write(
            "sealed.yaml",
            &bed::secret("sealed").replace("hunter2", &round.of("Sops")),
        );
        let options = ["--encrypted-regex", "^(data|stringData)$"];
        sops::encrypt(&bed.dir, "desired/sealed.yaml", &options);
        fs::write(bed.dir.join("by-hand.txt"), round.of("File")).expect("a file of our own");
        let values = format!("login: {{values: {}}}\n", round.of("Values"));
        fs::write(bed.dir.join("by-hand.yaml"), values).expect("a file of our own");
        // What is given by hand is nobody's to commit.
        bed::git(&bed.dir, &["add", "desired"]);
        bed::git(&bed.dir, &["commit", "--quiet", "--message", "Round"]);
    }

    /// Runs a command that reads the directory, with all that is given by hand.
    pub fn run(&self, round: &Round, args: &[&str]) -> Run {
        self.run_with(round, args, &[], |_| {})
    }

    /// Runs it with nothing given by hand but the identity, so that a plan can be saved.
    pub fn run_bare(&self, args: &[&str]) -> Run {
        let mut command = self.command(args);
        Run::finish(command.spawn().expect("the command can be run"))
    }

    pub fn plan(&self) -> String {
        fs::read_to_string(self.bed.dir.join("plan.json")).expect("a plan")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bed.command(args);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.bin.display()));
        command.env("SOPS_AGE_KEY", sops::KEY);
        command
    }

    /// The same with more arguments, and an environment that is changed.
    fn run_with(&self, round: &Round, args: &[&str], more: &[&str], change: impl Fn(&mut Command)) -> Run {
        let set = format!("login.set={}", round.of("Set"));
        let by_hand = [
            "--set",
            &set,
            "--set-file",
            "login.file=by-hand.txt",
            "--set-env",
            "login.variable=LOGIN",
        ];
        let given = ["--parameters", "by-hand.yaml", "--allow-programs"];
        let mut command = self.command(&[args, &by_hand, &given, more].concat());
        if ["diff", "sync"].contains(&args[0]) {
            command.arg("--allow-default-secrets");
        }
        command.env("LOGIN", round.of("Variable"));
        change(&mut command);
        Run::finish(command.spawn().expect("the command can be run"))
    }

    /// Texts that are meant to hold what is not in the manifests.
    pub fn carriers(&self) -> String {
        let read = |path: PathBuf| fs::read_to_string(path).expect("a text");
        [
            self.bed.kubectl(&["get", "secret", "applied", "--output=yaml"]),
            read(self.bed.dir.join(".git/config")),
            read(self.bin.join("plugin")),
            read(self.bed.user.kubeconfig.clone()),
            sops::KEY.to_owned(),
        ]
        .join("\n")
    }

    /// The value that the cluster has generated.
    pub fn generated(&self) -> String {
        let secret = self.bed.get("secret", "made").expect("it was made");
        let encoded = secret["data"]["password"].as_str().expect("a text");
        let value = String::from_utf8(STANDARD.decode(encoded).expect("base64")).expect("text");
        assert_eq!(value.len(), 24);
        value
    }

    /// How helm was called, and in which environment.
    pub fn children(&self) -> String {
        let noted = fs::read_to_string(self.bin.join("children")).expect("helm was called");
        assert!(noted.contains("template") && noted.contains("PATH="), "{noted}");
        noted
    }

    /// The kubeconfig of the bed's user, with a credential plugin in place of the token.
    fn kubeconfig_with_plugin(&self) -> String {
        let text = fs::read_to_string(&self.bed.user.kubeconfig).expect("a kubeconfig");
        let mut config: Value = serde_json::from_str(&text).expect("it is JSON");
        config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "interactiveMode": "Never",
            "command": self.bin.join("plugin"),
        }});
        let path = self.bin.join("kubeconfig");
        fs::write(&path, config.to_string()).expect("a file of our own");
        path.display().to_string()
    }

    /// Commands that fail, each for another reason.
    pub fn failures(&self, round: &Round) -> Vec<Failing> {
        let set = round.of("Set");
        let diff = |what: &'static str, more: &[&str]| Failing {
            what,
            may_pass: false,
            run: self.run_with(round, &["diff", "-vvv"], more, |_| {}),
        };
        let mut all = vec![
            diff("an unknown parameter", &["--set", &format!("login.sett={set}")]),
            diff("a parameter of another type", &["--set", &format!("login.set=[{set}]")]),
            diff("a parameter that is no group", &["--set", &format!("login={set}")]),
            diff("a server that is not there", &["--server", "https://127.0.0.1:1"]),
            diff("a token that is not known", &["--token", &round.of("Text")]),
            diff("an unknown environment", &["--environment", "nowhere"]),
            diff("an unknown revision", &["--revision", "nowhere"]),
        ];
        let key = |value: &'static str| {
            move |command: &mut Command| {
                command.env("SOPS_AGE_KEY", value);
            }
        };
        all.push(Failing {
            what: "an identity that is none",
            may_pass: false,
            run: self.run_with(round, &["diff"], &[], key("AGE-SECRET-KEY-SentinelSetBQx7zW")),
        });
        let kubeconfig = self.kubeconfig_with_plugin();
        all.push(diff("a credential plugin that fails", &["--kubeconfig", &kubeconfig]));
        for (what, manifest) in MISTAKES {
            self.bed
                .write("mistake.yaml", &manifest.replace("SENTINEL", &round.of("Text")));
            for args in [
                &["diff", "-vvv"][..],
                &["diff", "--format", "json"],
                &["sync", "--yes", "-vvv"],
                &["check"],
            ] {
                all.push(Failing {
                    what,
                    may_pass: args == ["check"],
                    run: self.run_with(round, args, &[], |_| {}),
                });
            }
        }
        self.bed.remove("mistake.yaml");
        all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.bin);
        }
    }
}

/// Manifests with a mistake beside a secret, or in one.
const MISTAKES: [(&str, &str); 6] = [
    (
        "no base64",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: mistake}\ndata: {a: SENTINEL!}\n",
    ),
    (
        "no YAML",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: mistake}\nstringData: {a: \"SENTINEL}\n",
    ),
    (
        "another type",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: mistake}\nstringData: {a: [SENTINEL]}\n",
    ),
    (
        "an operator that there is not",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mistake}\ndata: {a: \"${{ login.set + 1 }}\"}\n",
    ),
    (
        "a label that the server refuses",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mistake, labels: {a: \"${{ login.set }} !\"}}\n",
    ),
    (
        "a name",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"${{ login.variable }}\"}\ndata: {a: b}\n",
    ),
];

const LAST_APPLIED: &str = "SentinelLastAppliedQx7zW";
const REMOTE: &str = "SentinelRemoteQx7zW";
const PLUGIN: &str = "SentinelPluginQx7zW";
