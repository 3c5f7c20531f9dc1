//! A PostgreSQL of one's own comes, and goes whatever happens.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use store::{Store, local::Cluster};

const CHILD: &str = "NEWVOICE_TEST_HOLDS_A_CLUSTER";

fn start() -> Cluster {
    Cluster::start().expect("PostgreSQL; run `make setup`")
}

#[tokio::test]
async fn every_database_is_fresh_and_the_folder_goes_with_the_cluster() {
    let cluster = start();
    let folder = cluster.folder().to_owned();
    let (one, other) = (
        cluster.database("same name").expect("one"),
        cluster.database("same name").expect("other"),
    );
    assert_ne!(one, other);
    for address in [one, other] {
        Store::connect(&address)
            .expect("an address")
            .ping()
            .await
            .expect("it answers");
    }
    drop(cluster);
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_cluster_that_was_stopped_comes_back_with_its_data() {
    let mut cluster = start();
    let store = Store::connect(&cluster.database("kept").expect("a database")).expect("an address");
    store.migrate().await.expect("migrated");
    cluster.stop().expect("stopped");
    assert!(store.ping().await.is_err());
    assert!(cluster.database("more").is_err());
    cluster.restart().expect("started");
    assert_eq!(store.migrate().await.expect("migrated before"), 0);
}

#[test]
fn a_cluster_goes_when_its_owner_is_killed() {
    if env::var_os(CHILD).is_some() {
        hold_a_cluster_for_ever();
    }
    let mut owner = Command::new(env::current_exe().expect("this program"))
        .args([
            "--exact",
            "local::a_cluster_goes_when_its_owner_is_killed",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the owner");
    let output = BufReader::new(owner.stdout.take().expect("its output"));
    let folder = output
        .lines()
        .map_while(Result::ok)
        .find_map(|line| {
            line.split_once("folder: ")
                .map(|(_, folder)| PathBuf::from(folder))
        })
        .expect("it tells the folder");
    assert!(folder.join("data/postmaster.pid").exists());
    owner.kill().expect("killed");
    owner.wait().expect("gone");
    let patience = Instant::now() + Duration::from_secs(30);
    while folder.exists() {
        assert!(
            Instant::now() < patience,
            "{} outlived its owner",
            folder.display()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!server_runs_in(&folder));
}

fn hold_a_cluster_for_ever() -> ! {
    let cluster = start();
    let mut output = std::io::stdout().lock();
    writeln!(output, "folder: {}", cluster.folder().display()).expect("told");
    output.flush().expect("told");
    loop {
        std::thread::park();
    }
}

/// Whether a process was started in this folder.
fn server_runs_in(folder: &Path) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok())
        .any(|cwd| cwd.starts_with(folder))
}
