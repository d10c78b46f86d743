//! SHA-256 over several texts, so that no two lists of texts have the same one.

use aws_lc_rs::digest::Context;
use aws_lc_rs::digest::SHA256;

/// Each part is preceded by its length: `ab`, `c` is not `a`, `bc`.
pub(crate) fn of_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    // SHA-256 has exactly these 32 bytes.
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_part_ends_counts() {
        assert_ne!(of_parts(&[b"ab", b"c"]), of_parts(&[b"a", b"bc"]));
        assert_ne!(of_parts(&[b"ab"]), of_parts(&[b"ab", b""]));
        assert_eq!(of_parts(&[b"ab"]), of_parts(&[b"ab"]));
    }
}
