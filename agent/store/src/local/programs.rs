//! Where PostgreSQL is on this machine, and who may run it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use super::LocalError;

/// A user of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) id: u32,
    pub(super) group: u32,
}

/// The folder with `initdb` and `pg_ctl`: of the `PATH`, as `pg_config` says, or where Debian puts them, newest first.
pub(super) fn find_programs() -> Result<PathBuf, LocalError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(said_by_pg_config())
        .chain(debian())
        .find(|folder| {
            ["initdb", "pg_ctl", "createdb"]
                .iter()
                .all(|program| folder.join(program).is_file())
        })
        .ok_or_else(|| LocalError::Absent {
            searched: "neither on the PATH, nor where pg_config says, nor in /usr/lib/postgresql".to_owned(),
        })
}

fn said_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn debian() -> impl Iterator<Item = PathBuf> {
    let versions = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            Some((
                version.file_name().to_str()?.parse().ok()?,
                version.path().join("bin"),
            ))
        })
        .collect();
    folders.sort_unstable_by(|one, other| other.cmp(one));
    folders.into_iter().map(|(_, folder)| folder)
}

/// Who runs the server: this user, which is `None`, or for root the user `postgres`.
pub(super) fn server_user() -> Result<Option<User>, LocalError> {
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    match (id(&["-u", "postgres"]), id(&["-g", "postgres"])) {
        (Some(id), Some(group)) => Ok(Some(User { id, group })),
        _ => Err(LocalError::NoUser),
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
