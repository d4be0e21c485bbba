use std::io::BufReader;

use super::*;

fn lines(input: &[u8], buffer_len: usize) -> Vec<(u64, Option<Vec<u8>>)> {
    let mut lines = Lines::new(BufReader::with_capacity(buffer_len, input));
    let mut all = Vec::new();
    while let Some(line) = lines.next().unwrap() {
        all.push((line.number, line.text.ok().map(<[u8]>::to_vec)));
    }
    all
}

#[test]
fn lines_end_with_either_sign_or_with_the_input() {
    for buffer_len in [1, 2, 64] {
        let expected = [(1, Some(b"a".to_vec())), (2, Some(vec![])), (3, Some(b"b\rc".to_vec()))];
        assert_eq!(lines(b"a\r\n\nb\rc", buffer_len), expected);
        assert_eq!(lines(b"a\n\nb\rc\n", buffer_len), expected);
        assert_eq!(lines(b"", buffer_len), []);
    }
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let longest = vec![b'x'; LINE_LEN_MAX];
    let input = [&longest[..], b"\n", &longest[..], b"y\nz"].concat();
    let expected = [(1, Some(longest)), (2, None), (3, Some(b"z".to_vec()))];
    assert_eq!(lines(&input, 8_192), expected);
}
