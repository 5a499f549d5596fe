//! The page in Chromium, without a window. `tests/programs/install --browser` gets it; where it is not, these tests say
//! so and pass, unless `STACKANETES_BROWSER=required`.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::{env, fs};

use scraper::Html;

use super::{Repository, parsed, rollout, select, texts};

/// What the page has become in the browser: loaded, and its script run. None where there is no browser.
fn opened(repository: &Repository, page: &str, place: &str) -> Option<Html> {
    let home = repository.0.join("browser");
    fs::create_dir_all(&home).expect("a directory of our own");
    let file = home.join("page.html");
    fs::write(&file, page).expect("a file of our own");
    let run = Command::new("chromium")
        // The sandbox of Chromium needs rights that a container may lack, and the page is our own.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", home.join("profile").display()))
        .arg(format!("file://{}{place}", file.display()))
        .env("HOME", &home)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(run) = run else {
        let required = env::var_os("STACKANETES_BROWSER").is_some_and(|value| value == "required");
        assert!(!required, "not there: chromium; run tests/programs/install --browser");
        // Not by eprintln, whose output the test runner withholds from a test that passes.
        let _ = writeln!(
            io::stderr(),
            "skipped, for want of chromium: run tests/programs/install --browser"
        );
        return None;
    };
    assert!(run.status.success(), "{}", run.status);
    Some(Html::parse_document(&String::from_utf8(run.stdout).expect("UTF-8")))
}

#[test]
fn the_script_of_a_page_runs_and_opens_what_a_link_leads_to() {
    let repository = rollout("browser");
    let page = repository.page(&[]);
    let id = select(&parsed(&page), "details.object")[0]
        .attr("id")
        .expect("an id")
        .to_owned();
    let Some(html) = opened(&repository, &page, &format!("#{id}")) else {
        return;
    };
    assert!(select(&html, "#tools[hidden]").is_empty() && select(&html, "#tools").len() == 1);
    let open = select(&html, "details.object[open]");
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].attr("id"), Some(id.as_str()));
}

#[test]
fn no_other_script_runs_in_a_page() {
    let repository = rollout("browser-policy");
    let page = repository.page(&[]);
    let mark = "document.documentElement.id = 'ran';";
    let with = |script: &str| page.replacen("<h2>", &format!("{script}<h2>"), 1);
    let others = with(&format!("<script>{mark}</script><img src='x' onerror=\"{mark}\">"));
    let Some(html) = opened(&repository, &others, "") else {
        return;
    };
    assert_eq!(select(&html, "#ran").len(), 0);
    // Without its policy it would have run.
    let free = others.replacen("Content-Security-Policy", "other", 1);
    let html = opened(&repository, &free, "").expect("there was a browser");
    assert_eq!(select(&html, "#ran").len(), 1);
}

#[test]
fn the_search_shows_the_objects_that_have_each_of_its_words() {
    let repository = rollout("browser-search");
    // The test types by a script of its own, which the policy of the page would not let run.
    let page = repository.page(&[]).replacen("Content-Security-Policy", "other", 1);
    let typed = "<script>const field = document.getElementById('search'); field.value = 'UPDATE shop/web'; \
                 field.dispatchEvent(new Event('input'));</script></body>";
    let Some(html) = opened(&repository, &page.replacen("</body>", typed, 1), "") else {
        return;
    };
    let shown = texts(&html, ".object:not([hidden]) code");
    assert_eq!(shown, ["Deployment shop/web"]);
    assert_eq!(texts(&html, "#shown"), ["1 of 4"]);
}
