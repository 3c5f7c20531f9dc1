//! Settings and skillbases that are wrong.

use crate::support::{CLINIC, Stage, program::run};

#[tokio::test]
async fn a_setting_that_is_unknown_or_of_the_wrong_type_is_named_with_its_place() {
    let stage = Stage::new().await;
    let wrong = [
        ("drain_timeot = 30\n", ["drain_timeot", "is not known"]),
        ("max_calls = \"many\"\n", ["max_calls", "must be"]),
        ("max_calls = -1\n", ["max_calls", "must be"]),
        ("[prices]\nfoo = 1\n", ["prices.foo", "is not known"]),
        ("max_calls = \n", ["newvoice.toml", "line 1"]),
    ];
    for (settings, parts) in wrong {
        stage.write("newvoice.toml", settings);
        let said = run(stage.command()).await;
        said.is_refusal(2, &["the settings are wrong", "newvoice.toml"]);
        said.is_refusal(2, &parts);
    }
    std::fs::remove_file(stage.folder().join("newvoice.toml")).expect("the file");
    let mut command = stage.command();
    command.env("NEWVOICE_MAX_CALS", "3");
    run(command)
        .await
        .is_refusal(2, &["NEWVOICE_MAX_CALS", "is not known"]);
    let mut command = stage.command();
    command.env("NEWVOICE_DRAIN_TIMEOUT", "soon");
    run(command)
        .await
        .is_refusal(2, &["NEWVOICE_DRAIN_TIMEOUT", "must be"]);
}

#[tokio::test]
async fn a_skillbase_that_is_wrong_is_named_with_the_place_in_it() {
    let stage = Stage::new().await;
    let unknown = CLINIC.replace("max_call_seconds: 600", "max_call_secs: 600");
    let wrong_type = CLINIC.replace("max_call_seconds: 600", "max_call_seconds: ten minutes");
    for (text, parts) in [
        (unknown.as_str(), ["limits.max_call_secs", "clinic"]),
        (wrong_type.as_str(), ["limits.max_call_seconds", "clinic"]),
        ("", ["clinic", "the document is empty"]),
        ("context: [", ["clinic", "line"]),
    ] {
        let file = stage.write("clinic.yaml", text);
        let mut command = stage.command();
        command.env("NEWVOICE_SKILLBASE", file);
        run(command).await.is_refusal(2, &parts);
    }
    let mut command = stage.command();
    command.env("NEWVOICE_SKILLBASE", "absent.yaml");
    run(command)
        .await
        .is_refusal(2, &["absent.yaml", "cannot be read"]);
}
