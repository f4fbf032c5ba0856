//! How large the Worker's wasm is, and how large it may become.
//!
//! In: a file. Out: its raw and gzip size; Cloudflare's limits are on the latter.

use std::{fmt, fs, io::Write, path::Path};

use anyhow::Context;
use flate2::{Compression, write::GzEncoder};

/// What `cargo xtask test` lets the wasm grow to, in KiB with gzip.
///
/// Not Cloudflare's limit, which is 3 MB on the free plan: a size a few percent above the present one, so that a
/// dependency that brings tables along is seen when it comes. docs/performance.md ("Build") says what the bytes are;
/// raise it when something is worth its bytes, and say there what that was.
pub const LIMIT_KIB: usize = 800;

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

impl Size {
    /// # Errors
    /// When it is above [`LIMIT_KIB`].
    pub fn within_limit(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.gzip <= LIMIT_KIB * 1024,
            "the wasm has {self}: find out what grew (docs/performance.md, \"Build\", names what the bytes are), or raise \
             LIMIT_KIB in xtask/src/build/size.rs with the reason"
        );
        Ok(())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} KiB, {} KiB of {LIMIT_KIB} with gzip",
            self.raw.div_ceil(1024),
            self.gzip.div_ceil(1024)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT_KIB, Size};

    #[test]
    fn a_wasm_that_outgrew_the_limit_is_refused_with_its_size() {
        let of = |gzip| Size {
            raw: 2 * gzip,
            gzip,
        };
        assert!(of(LIMIT_KIB * 1024).within_limit().is_ok());
        let refused = of(LIMIT_KIB * 1024 + 1).within_limit().unwrap_err();
        let size = format!("{} KiB of {LIMIT_KIB} with gzip", LIMIT_KIB + 1);
        assert!(refused.to_string().contains(&size), "{refused}");
    }
}
