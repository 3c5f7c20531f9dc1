//! Programs of the system that speak: each clause is a short-lived child that gets the text on its standard input, never
//! as an argument, so that neither a shell nor the process list sees what is said.

use std::{
    env, fs, io,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use pipeline::ports::{ServiceError, ServiceErrorKind};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// A clause takes 10–100 ms; a child that needs longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The program's file, if it is on the PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

fn is_program(file: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Runs a program on `text` and gives what it wrote to its standard output, which is a nameless file: flite goes back in
/// what it wrote, which a pipe does not allow. The child is killed when the future is dropped or the time is up.
pub(crate) async fn run(
    program: &'static str,
    arguments: &[&str],
    text: &str,
) -> Result<Vec<u8>, ServiceError> {
    let failed = |error: io::Error| unavailable(program, &format!("could not be run ({error})"));
    let mut output = tempfile::tempfile().map_err(failed)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(output.try_clone().map_err(failed)?)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let mut input = child.stdin.take();
    let spoken = async {
        if let Some(input) = &mut input {
            // A child that stops reading has a reason, which its status tells.
            let _ = input.write_all(readable(text).as_bytes()).await;
        }
        drop(input.take());
        child.wait().await
    };
    let status = match timeout(PATIENCE, spoken).await {
        Ok(status) => status.map_err(failed)?,
        Err(_) => {
            let message = format!("`{program}` did not end within {} s", PATIENCE.as_secs());
            return Err(ServiceError::new("offline", ServiceErrorKind::TimedOut, message));
        }
    };
    if !status.success() {
        return Err(unavailable(program, &format!("failed ({status})")));
    }
    output.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut sound = Vec::new();
    output.read_to_end(&mut sound).map_err(failed)?;
    Ok(sound)
}

/// Text as the programs can read it: one line, no control characters, and none of the brackets in which espeak-ng and
/// flite would look for phonemes or markup.
pub(crate) fn readable(text: &str) -> String {
    let plain = |sign: char| match sign {
        '[' | ']' | '<' | '>' | '{' | '}' => ' ',
        _ if sign.is_control() => ' ',
        _ => sign,
    };
    text.chars().map(plain).collect()
}

/// Whether there is anything in the text that can be said.
pub(crate) fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

pub(crate) fn unavailable(program: &str, what: &str) -> ServiceError {
    ServiceError::new(
        "offline",
        ServiceErrorKind::Unavailable,
        format!("`{program}` {what}"),
    )
}
