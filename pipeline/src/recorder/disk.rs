//! The recorder's side that touches the disk.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Bytes that gathered for each file since the last flush.
#[derive(Debug, Default)]
pub(super) struct Portion(BTreeMap<&'static str, Vec<u8>>);

impl Portion {
    /// Adds whole pages or whole lines.
    pub(super) fn append(&mut self, file: &'static str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.entry(file).or_default().extend_from_slice(bytes);
        }
    }
}

/// The files of one call.
pub(super) struct CallFiles {
    dir: Arc<Path>,
    call_id: Arc<str>,
    /// Files by name. One that failed is `None`: it stays as it was before the failure.
    files: BTreeMap<&'static str, Option<Appended>>,
    error: Option<String>,
}

impl CallFiles {
    pub(super) fn new(dir: PathBuf, call_id: &str) -> Self {
        Self {
            dir: dir.into(),
            call_id: call_id.into(),
            files: BTreeMap::new(),
            error: None,
        }
    }

    /// What failed first.
    pub(super) fn error(&self) -> Option<String> {
        self.error.clone()
    }

    /// Appends the portion, on a thread that may block. Waits for it, so that there is never more than one portion on
    /// its way; meanwhile the recorder's queue fills.
    pub(super) async fn write(&mut self, portion: Portion) {
        if portion.0.is_empty() {
            return;
        }
        let dir = Arc::clone(&self.dir);
        let mut files = std::mem::take(&mut self.files);
        let written = tokio::task::spawn_blocking(move || {
            let mut failure = None;
            for (name, bytes) in portion.0 {
                if let Err(error) = append(&mut files, &dir, name, &bytes) {
                    files.insert(name, None);
                    failure.get_or_insert(format!("{name}: {error}"));
                }
            }
            (files, failure)
        });
        match written.await {
            Ok((files, failure)) => {
                self.files = files;
                if let Some(failure) = failure {
                    self.fail(failure);
                }
            }
            Err(stopped) => self.fail(stopped.to_string()),
        }
    }

    fn fail(&mut self, failure: String) {
        if self.error.is_none() {
            tracing::warn!(
                call_id = &*self.call_id,
                error = failure,
                "recording is incomplete, the call goes on"
            );
            self.error = Some(failure);
        }
    }
}

fn append(
    files: &mut BTreeMap<&'static str, Option<Appended>>,
    dir: &Path,
    name: &'static str,
    bytes: &[u8],
) -> io::Result<()> {
    let file = match files.entry(name) {
        Entry::Occupied(file) => file.into_mut(),
        Entry::Vacant(place) => place.insert(Some(Appended::create(dir, name)?)),
    };
    file.as_mut().map_or(Ok(()), |file| file.append(bytes))
}

/// A file that grows by whole portions.
struct Appended {
    file: File,
    len: u64,
}

impl Appended {
    fn create(dir: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self {
            file: File::create(dir.join(name))?,
            len: 0,
        })
    }

    /// Appends all of `bytes` or leaves the file as it was.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(bytes);
        match &written {
            Ok(()) => self.len += bytes.len() as u64,
            // Half a page or half a line is no use to anybody; if cutting it off fails too, readers pass over it.
            Err(_) => drop(self.file.set_len(self.len)),
        }
        written
    }
}
