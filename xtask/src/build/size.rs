//! How large a file is, and how large Cloudflare counts it.
//!
//! In: a file. Out: its raw and gzip size; Cloudflare's limits are on the latter.

use std::{fmt, fs, io::Write, path::Path};

use anyhow::Context;
use flate2::{Compression, write::GzEncoder};

/// Two sizes in bytes.
pub struct Size {
    raw: usize,
    gzip: usize,
}

/// Measures a file.
///
/// # Errors
/// When it cannot be read.
pub fn of_file(path: &Path) -> anyhow::Result<Size> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&bytes)?;
    Ok(Size {
        raw: bytes.len(),
        gzip: gzip.finish()?.len(),
    })
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} KiB, {} KiB with gzip",
            self.raw.div_ceil(1024),
            self.gzip.div_ceil(1024)
        )
    }
}
