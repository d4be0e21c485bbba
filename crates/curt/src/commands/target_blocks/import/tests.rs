//! How lines of lists are read.

use super::*;

#[test]
fn lines_of_hosts_files_and_plain_lists_are_understood() {
    let patterns = |names: &[&'static str]| Content::Patterns(names.to_vec());
    for (line, expected) in [
        ("", Content::Nothing),
        ("  # comment", Content::Nothing),
        ("! comment", Content::Nothing),
        ("evil.example", patterns(&["evil.example"])),
        (" *.evil.example # why", patterns(&["*.evil.example"])),
        ("https://evil.example/login#x", patterns(&["https://evil.example/login#x"])),
        ("0.0.0.0 evil.example www.evil.example", patterns(&["evil.example", "www.evil.example"])),
        ("127.0.0.1\tevil.example", patterns(&["evil.example"])),
        ("127.0.0.1 localhost", patterns(&[])),
        ("::1 ip6-localhost ip6-loopback", patterns(&[])),
        ("192.0.2.1", patterns(&["192.0.2.1"])),
        ("[2001:db8::1]", patterns(&["[2001:db8::1]"])),
        ("two words", patterns(&["two words"])),
        ("||evil.example^", Content::AdBlocker),
        ("||evil.example^$third-party", Content::AdBlocker),
        ("@@||good.example^", Content::AdBlocker),
        ("evil.example##.banner", Content::AdBlocker),
        ("##.banner", Content::AdBlocker),
        ("[Adblock Plus 2.0]", Content::AdBlocker),
        ("/banner/*", Content::AdBlocker),
    ] {
        assert_eq!(content(line), expected, "{line:?}");
    }
}
