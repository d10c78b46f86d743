//! Files with keys: that of continuations, so that one run can go on where another one stopped, and that of
//! program files, so that one run believes what another one has compiled.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::path::Path;

use vestibule::ContinuationKeys;
use vestibule::ProgramKey;

use crate::command_error::CommandError;
use crate::input;

/// What continuations call the key of a file.
const KEY_ID: &str = "file";
/// Hexadecimal digits of a key.
const DIGITS: usize = 64;

/// Reads the key of continuations; makes the file, for its owner alone, when it is missing.
pub(crate) fn read_or_create(path: &Path, shown: &str) -> Result<ContinuationKeys, CommandError> {
    keys(bytes_or_created(path, shown)?)
}

/// Reads the key of continuations.
pub(crate) fn read(path: &Path, shown: &str) -> Result<ContinuationKeys, CommandError> {
    keys(bytes(path, shown)?)
}

/// Reads the key of program files; makes the file, for its owner alone, when it is missing.
pub(crate) fn program_key_or_created(path: &Path, shown: &str) -> Result<ProgramKey, CommandError> {
    bytes_or_created(path, shown).map(ProgramKey::new)
}

/// Reads the key of program files.
pub(crate) fn program_key(path: &Path, shown: &str) -> Result<ProgramKey, CommandError> {
    bytes(path, shown).map(ProgramKey::new)
}

fn bytes_or_created(path: &Path, shown: &str) -> Result<[u8; 32], CommandError> {
    let mut file = match create(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return bytes(path, shown),
        Err(error) => return Err(unwritable(error, shown)),
    };
    let key = ContinuationKeys::random_key().map_err(CommandError::failed)?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(file, "{digits}").map_err(|error| unwritable(error, shown))?;
    Ok(key)
}

fn bytes(path: &Path, shown: &str) -> Result<[u8; 32], CommandError> {
    parse(&input::text(path, shown)?).ok_or_else(|| {
        CommandError::usage(format!("{shown} holds no key: it must be {DIGITS} hexadecimal digits"))
            .hint("name a key file that does not exist, and a key is made")
    })
}

fn keys(key: [u8; 32]) -> Result<ContinuationKeys, CommandError> {
    ContinuationKeys::new(KEY_ID, key).map_err(CommandError::failed)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let digits = text.trim().as_bytes();
    if digits.len() != DIGITS || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

fn unwritable(error: io::Error, shown: &str) -> CommandError {
    CommandError::wrong_use(anyhow::Error::new(error).context(format!("cannot make the key file {shown}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        assert_eq!(parse(&format!("{}\n", "0f".repeat(32))), Some([0x0f; 32]));
        for wrong in ["", "0f", &"0f".repeat(33), &"zz".repeat(32), &"+f".repeat(32)] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
