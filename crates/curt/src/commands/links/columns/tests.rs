use super::{super::IMPORT_EXAMPLES, *};

#[test]
fn the_help_of_an_import_names_every_column_that_it_sets() {
    let words: Vec<_> = IMPORT_EXAMPLES.split(|c: char| c != '_' && !c.is_alphanumeric()).collect();
    for name in settable() {
        assert!(words.contains(&name), "{name}");
    }
}
