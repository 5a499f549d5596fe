//! How long it takes to read and render 10,000 objects, next to the same objects without expressions.
//!
//! `cargo run --release --example benchmark-render [OBJECTS]`
//!
//! Renders on one thread. Prints medians of five runs of each, taken in turn, and their ratio.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking, and prints what it found"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use stackanetes::source::{self, ParameterInputs};

const FILES_OF: usize = 4;
const COMPONENTS: usize = 50;
const RUNS: usize = 5;

fn main() {
    let objects = std::env::args()
        .nth(1)
        .map_or(10_000, |count| count.parse().expect("a number of objects"));
    let dir = std::env::temp_dir().join(format!("stackanetes-benchmark-{}", std::process::id()));
    let (rendered, plain) = (dir.join("rendered"), dir.join("plain"));
    write(&rendered, objects, true);
    write(&plain, objects, false);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (times, dir) in times.iter_mut().zip([&rendered, &plain]) {
            let began = Instant::now();
            let desired = source::directory(dir, &ParameterInputs::default()).expect("a directory that is right");
            times.push(began.elapsed());
            assert!(desired.manifests.len() >= objects);
        }
    }
    let [rendered, plain] = times.map(median);
    println!("{objects} objects, {COMPONENTS} components");
    println!("with expressions     {rendered:?}");
    println!("without              {plain:?}");
    println!(
        "ratio                {:.2}",
        rendered.as_secs_f64() / plain.as_secs_f64()
    );
    fs::remove_dir_all(&dir).expect("removed");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A directory of Deployments, in components that each have a configuration file too.
fn write(dir: &Path, objects: usize, with_expressions: bool) {
    let file = |path: &str, text: &str| {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("created");
        fs::write(path, text).expect("written");
    };
    file("stackanetes.yaml", "name: benchmark\nnamespace: benchmark\n");
    file(
        "parameters.yaml",
        "app: {replicas: 3, image: nginx, tag: '1.29', debug: true, hosts: [a, b, c]}\n",
    );
    file(
        "parameters.schema.json",
        r#"{"properties": {"app": {"properties": {"replicas": {"type": "integer"}, "image": {"type": "string"},
            "tag": {"type": "string"}, "debug": {"type": "boolean"},
            "hosts": {"type": "array", "items": {"type": "string"}}}}}}"#,
    );
    for component in 0..COMPONENTS {
        file(
            &format!("c{component}/component.yaml"),
            &format!("configMaps:\n  - name: etc-{component}\n    files: {{app.conf: app.conf.j2}}\n"),
        );
        let config =
            "[main]\n{% for host in app.hosts %}\nhost = {{ host }}\n{% endfor %}\nreplicas = {{ app.replicas }}\n";
        let plain = "[main]\nhost = a\nhost = b\nhost = c\nreplicas = 3\n";
        file(
            &format!("c{component}/app.conf.j2"),
            if with_expressions { config } else { plain },
        );
    }
    for first in (0..objects).step_by(FILES_OF) {
        let documents = (first..objects.min(first + FILES_OF)).map(|index| deployment(index, with_expressions));
        let text = documents.collect::<Vec<_>>().join("---\n");
        file(&format!("c{}/{first}.yaml", first / FILES_OF % COMPONENTS), &text);
    }
}

fn deployment(index: usize, with_expressions: bool) -> String {
    let text = format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{index}
  labels: {{app: app-{index}}}
spec:
  replicas: ${{{{ app.replicas }}}}
  selector:
    matchLabels: {{app: app-{index}}}
  template:
    metadata:
      labels: {{app: app-{index}}}
    spec:
      containers:
        - name: app
          image: ${{{{ app.image }}}}:${{{{ app.tag }}}}
          args:
            - $for: host in app.hosts
              $value: --host=${{{{ host }}}}
            - $when: app.debug
              $value: --debug
          env:
            - {{name: REPLICAS, value: '${{{{ app.replicas | string }}}}'}}
          ports: [{{name: http, containerPort: 8080}}]
          readinessProbe: {{httpGet: {{path: /healthz, port: http}}, periodSeconds: 5}}
          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}
"
    );
    if with_expressions {
        return text;
    }
    text.replace("${{ app.replicas }}", "3")
        .replace("${{ app.image }}:${{ app.tag }}", "nginx:1.29")
        .replace("${{ app.replicas | string }}", "3")
        .replace(
            "            - $for: host in app.hosts\n              $value: --host=${{ host }}\n",
            "            - --host=a\n            - --host=b\n            - --host=c\n",
        )
        .replace(
            "            - $when: app.debug\n              $value: --debug\n",
            "            - --debug\n",
        )
}
