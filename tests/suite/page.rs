//! `diff --format html`: a page that is whole in itself, and in which text of others is text.

mod browser;
mod comment;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use scraper::{Html, Selector};
use sha2::{Digest as _, Sha256};

use crate::bed::{commit, git};

/// Text that would leave its place if it could: out of elements, attributes, comments, scripts, and its line.
const HOSTILE: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)",
    "]]> --> <!-- <![CDATA[",
    "&lt;b&gt; &#0; &quot;",
    "{{7*7}} javascript:alert(1)",
    "</svg></details></body></html><plaintext>",
];

/// Characters that are not seen, or change how others are.
const UNSEEN: &str = "\u{1b}[2J\u{202e}\u{2066}\u{200b}\u{feff}\u{7f}\u{9b}";

/// A repository of its own, whose branch is called `branch`.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str, branch: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{name}"));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory of our own");
        git(&dir, &["init", "--quiet", "--initial-branch", branch]);
        let repository = Self(dir);
        repository.write("stackanetes.yaml", "name: shop\nnamespace: shop\n");
        repository
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join("desired").join(path);
        fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory of our own");
        fs::write(path, text).expect("a file of our own");
    }

    fn commit(&self, subject: &str) {
        commit(&self.0, subject);
    }

    /// The page of what the last commit changes.
    fn page(&self, args: &[&str]) -> String {
        self.page_of("HEAD", args)
    }

    /// The page of what the last commit of a branch changes.
    fn page_of(&self, branch: &str, args: &[&str]) -> String {
        self.diff(branch, &[&["--format", "html"], args].concat())
    }

    /// What a diff prints of what the last commit of a branch changes.
    fn diff(&self, branch: &str, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_stackanetes"))
            .args(["diff", "--from", &format!("HEAD~1..{branch}")])
            .args(args)
            .current_dir(&self.0)
            .env_clear()
            .env("HOME", &self.0)
            .env("XDG_CACHE_HOME", self.0.join("cache"))
            .stdin(Stdio::null())
            .output()
            .expect("the command can be run");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}

/// The page as a browser reads it, without any mistake in its markup.
fn parsed(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert!(html.errors.is_empty(), "{:?}", html.errors);
    html
}

fn select<'a>(html: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("a selector");
    html.select(&selector).collect()
}

/// The text of each element that a selector selects.
fn texts(html: &Html, selector: &str) -> Vec<String> {
    let elements = select(html, selector).into_iter();
    elements.map(|element| element.text().collect()).collect()
}

fn config_map(name: &str, value: &str) -> String {
    let object = serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value},
    });
    let escaped = |letter: char| match letter {
        ' '..='~' => letter.to_string(),
        letter => format!("\\u{:04x}", u32::from(letter)),
    };
    object.to_string().chars().map(escaped).collect()
}

fn deployment(name: &str, image: &str, labels: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, labels: {{{labels}}}}}\nspec:\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: \
         {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
}

/// An object of a set that waits for another one, which changes, too; and one that goes.
fn rollout(name: &str) -> Repository {
    let repository = Repository::new(name, "main");
    let write = |image: &str| {
        repository.write("database.yaml", &deployment("database", image, ""));
        let on = "config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/database";
        let web = deployment("web", image, "").replacen("labels: {}", &format!("annotations: {{{on}}}"), 1);
        repository.write("web.yaml", &web);
    };
    write("registry/a:1");
    repository.write("old.yaml", &config_map("old", "1"));
    repository.commit("Before");
    write("registry/a:2");
    fs::remove_file(repository.0.join("desired/old.yaml")).expect("a file that was written");
    repository.write("new.yaml", &config_map("new", "2"));
    repository.commit("After");
    repository
}

#[test]
fn a_page_refers_to_nothing_but_itself() {
    let page = rollout("whole").page(&[]);
    let html = parsed(&page);
    let links: Vec<String> = select(&html, "[href]")
        .iter()
        .map(|element| element.attr("href").expect("it has one").to_owned())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let target = link.strip_prefix('#').expect("a place of the same page");
        assert_eq!(select(&html, &format!("[id='{target}']")).len(), 1, "{link}");
    }
    let loading = "[src], [srcset], [data], [action], [background], [style], link, base, iframe, object, embed, form, \
                   image, use, meta[http-equiv=refresh]";
    assert!(select(&html, loading).is_empty());
}

#[test]
fn a_page_may_run_its_own_script_and_nothing_else() {
    let page = rollout("policy").page(&[]);
    let html = parsed(&page);
    let digest = |element: &str| {
        let texts = texts(&html, element);
        assert_eq!(texts.len(), 1, "one {element}");
        let digest = base64::prelude::BASE64_STANDARD.encode(Sha256::digest(&texts[0]));
        format!("'sha256-{digest}'")
    };
    let policy = select(&html, "meta[http-equiv=Content-Security-Policy]");
    assert_eq!(policy.len(), 1);
    assert_eq!(
        policy[0].attr("content").expect("a policy"),
        format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            digest("style"),
            digest("script")
        )
    );
}

#[test]
fn a_page_shows_what_waits_for_what_and_what_restarts_or_goes() {
    let html = parsed(&rollout("order").page(&[]));
    let marks = texts(&html, "svg .mark title");
    let (last, written) = marks.split_last().expect("marks");
    assert_eq!(
        written,
        [
            "create ConfigMap shop/new",
            "update Deployment shop/database: restarts 2 pods",
            "update Deployment shop/web: restarts 2 pods; waits for Deployment shop/database",
        ]
    );
    assert!(
        last.starts_with("delete ConfigMap shop/old: dropped from git in "),
        "{last}"
    );
    assert_eq!(select(&html, "svg path.edge").len(), 1);
    let rows: Vec<u32> = select(&html, "svg .mark rect")
        .iter()
        .map(|mark| mark.attr("y").and_then(|y| y.parse().ok()).expect("a place"))
        .collect();
    assert!(rows.is_sorted_by(|one, next| one < next), "{rows:?}");
}

#[test]
fn of_many_objects_the_picture_shows_the_components() {
    let repository = Repository::new("components", "main");
    repository.commit("Before");
    repository.write("database/component.yaml", "{}\n");
    repository.write("database/a.yaml", &deployment("database", "registry/a:1", ""));
    repository.write("web/component.yaml", "dependsOn: [database]\n");
    repository.write("web/a.yaml", &deployment("web", "registry/a:1", ""));
    for number in 0..70 {
        repository.write(&format!("web/{number}.json"), &config_map(&format!("a-{number}"), "1"));
    }
    repository.commit("After");
    let html = parsed(&repository.page(&[]));
    assert_eq!(texts(&html, "svg .mark title"), ["database: + 1", "web: + 71"]);
    assert_eq!(select(&html, "svg path.edge").len(), 1);
    assert_eq!(select(&html, ".object").len(), 72);
}

#[test]
fn dangers_stand_before_edits_and_objects() {
    let page = rollout("first").page(&[]);
    let html = parsed(&page);
    let dangers = texts(&html, ".dangers li");
    assert!(
        dangers.iter().any(|text| text == "deletes: ConfigMap shop/old"),
        "{dangers:?}"
    );
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("class=\"verdict\"") < at("class=\"dangers\""));
    assert!(at("class=\"dangers\"") < at("<h2>Order") && at("<h2>Order") < at("<h2>Objects"));
    let added = texts(&html, "details.update .added .left");
    assert_eq!(added, ["      + registry/a:2", "      + registry/a:2"]);
}

#[test]
fn text_of_others_does_not_get_out_of_its_place() {
    let plain = rollout("plain").page(&[]);
    let branch = "a<script>\"b&'";
    let repository = Repository::new("hostile", branch);
    let path = "<b onclick='x'>\"&.yaml";
    let value = format!("{}{UNSEEN}", HOSTILE.join("\n"));
    let write = |image: &str, value: &str| {
        repository.write("one.yaml", &deployment("one", image, ""));
        repository.write(path, &config_map("a", value));
        for (number, line) in HOSTILE.iter().enumerate() {
            let text = format!("{value}{line}{UNSEEN}").replace('\n', " ");
            repository.write(&format!("{number}.json"), &config_map(&format!("c-{number}"), &text));
        }
    };
    write("registry/a:1", "before");
    repository.commit("Before");
    write("registry/a:2", &value);
    repository.commit(&format!("{}{UNSEEN}", HOSTILE.join(" ")));
    let page = repository.page_of(branch, &["-v"]);
    let html = parsed(&page);

    let elements = |html: &Html| -> BTreeSet<String> {
        let elements = select(html, "*").into_iter();
        let of = |element: scraper::ElementRef<'_>| {
            let value = element.value();
            let attributes = value.attrs().map(|(name, _)| format!("{} {name}", value.name()));
            attributes.chain([value.name().to_owned()]).collect::<Vec<_>>()
        };
        elements.flat_map(of).collect()
    };
    let new: Vec<String> = elements(&html)
        .difference(&elements(&parsed(&plain)))
        .cloned()
        .collect();
    assert!(new.is_empty(), "{new:?}");
    for element in ["script", "style", "title", "body"] {
        let expected = if element == "title" { "head > title" } else { element };
        assert_eq!(select(&html, expected).len(), 1, "{element}");
    }
    let comments = html.tree.values().filter(|node| node.is_comment()).count();
    assert_eq!(comments, 0);

    let shown = select(&html, "body")[0].text().collect::<String>();
    for text in HOSTILE.iter().chain([&branch, &path]) {
        assert!(shown.contains(text), "{text}");
    }
    assert!(shown.contains(r"\u{202e}") && shown.contains(r"\u{1b}"));
    let unseen: Vec<char> = page
        .chars()
        .filter(|letter| UNSEEN.contains(*letter) && !letter.is_ascii_graphic())
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn a_page_is_never_too_long_and_counts_what_it_leaves_out() {
    const LONGEST: usize = 4 << 20;
    let repository = Repository::new("long", "main");
    repository.commit("Before");
    let objects = 400;
    let value = "x".repeat(20_000);
    for number in 0..objects {
        repository.write(&format!("{number}.json"), &config_map(&format!("a-{number}"), &value));
    }
    repository.commit("After");
    let page = repository.page(&["-v"]);
    assert!(page.len() <= LONGEST && page.len() > LONGEST / 2, "{}", page.len());
    let html = parsed(&page);
    let whole = select(&html, "details.object")
        .iter()
        .filter(|object| object.inner_html().len() > 20_000)
        .count();
    let short = texts(&html, ".object > .left-out").len();
    let told = texts(&html, "section > .left-out");
    let left_out = told[0].split_once(" more objects are left out").expect("how many");
    let left_out: usize = left_out.0.parse().expect("a number");
    assert!(whole > 0 && short > 0 && left_out > 0, "{whole} {short} {left_out}");
    assert_eq!(whole + short + left_out, objects);
}
