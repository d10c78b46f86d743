//! The reference in `docs/triggers/` is what the declarations say.

use vestibule_cli::Io;

use crate::walls::root;

#[test]
fn the_pages_of_the_reference_are_those_of_the_declarations() {
    let (mut stdin, mut stdout, mut stderr) = (std::io::empty(), Vec::new(), Vec::new());
    let mut io = Io::new(&mut stdin, &mut stdout, &mut stderr);
    io.current_dir = root();
    let code = vestibule_cli::run(["vestibule", "triggers", "docs", "--check"], &mut io);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&stderr));
}
