//! What a reviewer is shown of pull requests on the shipped `desired/`: each `pull-requests/NAME.patch`.

use std::fs;

use super::repository::Repository;
use super::{diff, unlike};
use crate::desired;
use crate::pull_requests::{PullRequest, directory};

/// What is printed is what stands in the files, but for the ids of the commits, all of which any change to `desired/`
/// would change.
fn is_shown_as_pinned(name: &str) {
    let request = PullRequest::read(name);
    let repository = Repository::new(name);
    desired::copy_shipped(&repository.dir);
    repository.commit("The topology");
    request.apply(&repository.git);
    repository.commit(&request.subject);
    let args = [&request.args[..], &["--allow-default-secrets".to_owned()]].concat();
    let wrong = unlike(&format!("pull-requests/{name}"), |form, columns| {
        repository.without_ids(&diff(&repository.dir, form, columns, &args))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A test for each, so that they run side by side.
macro_rules! each {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                is_shown_as_pinned($name);
            }
        )*

        const NAMES: &[&str] = &[$($name),*];
    };
}

each! {
    component_added: "component-added",
    deployment_renamed: "deployment-renamed",
    environment_added: "environment-added",
    fewer_workers: "fewer-workers",
    file_moved: "file-moved",
    horizon_removed: "horizon-removed",
    image_of_nova: "image-of-nova",
    ingress_host: "ingress-host",
    line_of_nova_configuration: "line-of-nova-configuration",
    password_rotated: "password-rotated",
    three_control_replicas: "three-control-replicas",
}

#[test]
fn no_file_stands_there_for_nothing() {
    for entry in fs::read_dir(directory()).expect("the files") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let (stem, _) = name.split_once('.').expect("an ending");
        assert!(NAMES.contains(&stem), "{name} is of no pull request");
    }
}
