//! The names of functions, which worker-build keeps in the Worker for debuggers: a fifteenth of what is uploaded.
//!
//! In: a WebAssembly module. Out: the same one without its section `name`. It touches no other section.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

/// Magic number and version, before the first section.
const HEADER: usize = 8;
/// Id of the sections that have a name and no meaning for the machine.
const CUSTOM: u8 = 0;

/// Removes the names from the module in `file`.
///
/// # Errors
/// When it cannot be read or written, or is no module.
pub fn remove(file: &Path) -> anyhow::Result<()> {
    let module = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let module = without_names(&module).with_context(|| format!("in {}", file.display()))?;
    fs::write(file, module).with_context(|| format!("writing {}", file.display()))
}

fn without_names(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ensure!(module.starts_with(b"\0asm"), "not a WebAssembly module");
    let (header, mut rest) = module.split_at_checked(HEADER).context("no header")?;
    let mut kept = header.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let (length, content) = number(after).context("a section without a length")?;
        let (content, next) = content
            .split_at_checked(length)
            .context("a section that breaks off")?;
        if !(*id == CUSTOM && content.starts_with(b"\x04name")) {
            kept.extend_from_slice(&rest[..rest.len() - next.len()]);
        }
        rest = next;
    }
    Ok(kept)
}

/// A number in LEB128, and what stands behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \0\x08\x04nameabc\
        \0\x85\0\x04namf\
        \x03\x02\x01\0";

    #[test]
    fn the_names_go_and_everything_else_stays() {
        // The middle one's name has four letters, too, but they are others; its length takes two bytes.
        let module = without_names(MODULE).expect("a module");
        assert_eq!(
            module,
            b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\0\x85\0\x04namf\x03\x02\x01\0"
        );
    }

    #[test]
    fn what_is_no_whole_module_is_an_error() {
        assert!(without_names(b"").is_err());
        assert!(without_names(b"\0asm").is_err());
        for cut in [1, 3] {
            assert!(
                without_names(&MODULE[..MODULE.len() - cut]).is_err(),
                "{cut}"
            );
        }
    }
}
