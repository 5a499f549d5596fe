//! Objects that exist and are not ours: what adopting them would do is said before anybody asks for it.

use serde_json::Value;

use crate::bed::{Bed, config_map, deployment};

#[test]
fn an_object_that_is_not_ours_is_adopted_only_when_asked() {
    let bed = Bed::new("prune-adopt");
    bed.kubectl(&["create", "configmap", "settings", "--from-literal=mode=theirs"]);
    bed.write_config_map("settings", &[("mode", "ours")]);
    bed.sync()
        .exits(1)
        .shows("? skip ConfigMap prune-adopt/settings it exists and is not ours; adopting it changes 1 field")
        .shows("data.mode desired/settings.yaml:6 - theirs + ours takeover: from kubectl-create")
        .shows("1 object is not ours; pass --adopt to take it over")
        .shows("1 object changes, and nothing restarts");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "theirs"
    );
    bed.run(&["sync", "--yes", "--adopt"])
        .exits(0)
        .shows("- theirs + ours takeover: from kubectl-create");
    assert_eq!(
        bed.get("configmap", "settings").expect("it is there")["data"]["mode"],
        "ours"
    );
    bed.diff().exits(0);
}

#[test]
fn what_kubectl_apply_made_is_compared_at_once_and_taken_over_without_a_restart() {
    let bed = Bed::new("adopt-kubectl");
    let (web, settings) = (deployment("web", 0, "web"), config_map("settings", &[("a", "1")]));
    for manifest in [&web, &settings] {
        bed.kubectl_stdin(&["apply", "-f", "-"], manifest);
    }
    bed.write("web.yaml", &web);
    bed.write("settings.yaml", &settings);
    let pods = "it exists and is not ours: it is kept by kubectl apply; adopting it changes only its ownership";
    bed.diff()
        .exits(1)
        .shows(pods)
        .shows("2 objects are not ours, kept by kubectl apply (2); pass --adopt to take them over")
        .shows("only the ownership changes, and nothing restarts")
        .shows_not("warning");
    // One of them is taken; the other one is still said not to be ours.
    bed.run(&["sync", "--yes", "--adopt=ConfigMap/settings"])
        .exits(1)
        .shows("~ update ConfigMap adopt-kubectl/settings")
        .shows("1 object is not ours");
    let template = |bed: &Bed| bed.get("deployment", "web").expect("it is there")["spec"]["template"].clone();
    let before = template(&bed);
    bed.run(&["sync", "--yes", "--adopt=Deployment", "--timeout", "1s"])
        .shows("~ update Deployment adopt-kubectl/web");
    assert_eq!(template(&bed), before);
    bed.diff().exits(0);
}

#[test]
fn who_puts_an_object_back_is_warned_of() {
    let bed = Bed::new("adopt-flux");
    let git = config_map("settings", &[("a", "2")]);
    bed.kubectl_stdin(
        &["apply", "--server-side", "-f", "-"],
        &config_map("settings", &[("a", "1")]),
    );
    for label in ["name=apps", "namespace=flux-system"] {
        bed.kubectl(&[
            "label",
            "configmap",
            "settings",
            &format!("kustomize.toolkit.fluxcd.io/{label}"),
        ]);
    }
    bed.write("settings.yaml", &git);
    let keeper = "the Flux Kustomization flux-system/apps";
    for args in [&["diff"][..], &["diff", "--adopt"]] {
        bed.run(args).exits(1).shows(&format!(
            "warning: {keeper} keeps 1 object of this plan and puts its own state back"
        ));
    }
    let run = bed.run(&["diff", "--format", "json"]).exits(1);
    let plan: Value = serde_json::from_str(&run.stdout).expect("a plan");
    let step = &plan["steps"][0];
    assert_eq!(step["keeper"]["message"], keeper);
    assert_eq!(
        (&step["keeper"]["code"], &step["keeper"]["reconciles"]),
        (&"flux".into(), &true.into())
    );
    assert_eq!(step["reason"]["adopting"]["fields"][0]["after"]["value"], "2");
}

#[test]
fn what_cannot_become_what_git_says_is_not_said_to_be_adopted_for_nothing() {
    let bed = Bed::new("adopt-fixed");
    bed.kubectl_stdin(&["apply", "-f", "-"], &deployment("web", 0, "web"));
    bed.write(
        "web.yaml",
        &deployment("web", 0, "web").replace("app: web", "app: other"),
    );
    bed.diff()
        .exits(1)
        .shows("it is kept by kubectl apply; it cannot be changed to what git says")
        .shows("of 1 that is not known, or not possible");
    bed.run(&["diff", "--adopt=deployment"])
        .exits(2)
        .complains("the cluster does not know the kind deployment");
    bed.run(&["diff", "--adopt=Job/a/b/c"])
        .exits(2)
        .complains("write KIND/NAME or KIND/NAMESPACE/NAME");
}

#[test]
fn pods_that_read_configuration_start_anew_by_an_adoption_unless_the_directory_says_otherwise() {
    let bed = Bed::new("adopt-digests");
    let web = deployment("web", 1, "web").replace(
        "          env:\n",
        "          envFrom: [{configMapRef: {name: settings}}]\n          env:\n",
    );
    let settings = config_map("settings", &[("a", "1")]);
    for manifest in [&web, &settings] {
        bed.kubectl_stdin(&["apply", "-f", "-"], manifest);
    }
    bed.write("web.yaml", &web);
    bed.write("settings.yaml", &settings);
    let named = "name: adopt-digests\nnamespace: adopt-digests\n";
    bed.write("stackanetes.yaml", named);
    bed.diff().exits(1).shows("adopting it changes 1 field and restarts");
    bed.write("stackanetes.yaml", &format!("{named}rollout: ignore\n"));
    bed.diff()
        .exits(1)
        .shows("only the ownership changes, and nothing restarts");
    bed.write("stackanetes.yaml", &format!("{named}rollout: never\n"));
    bed.diff()
        .exits(2)
        .complains("`rollout` can only be `ignore`")
        .complains("stackanetes.yaml:3:1");
}
