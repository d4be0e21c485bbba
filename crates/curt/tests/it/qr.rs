//! `curt qr`: a scanner can read its output.

use std::{fs, io::Cursor};

use png::{Decoder, Transformations};

use crate::{program::Program, terminal::Terminal};

const URL: &str = "http://localhost:8000/blog?qr";

fn with_link() -> Program {
    let program = Program::new();
    // Visitors cannot follow it yet, but its posters can be printed.
    let more = ["--alias=blog", "--valid-from=2999-01-01T00:00:00Z"];
    let added = program.run(&[&["links", "add", "https://example.com"][..], &more].concat());
    assert_eq!(added.code, Some(0), "{added:?}");
    program
}

fn scan(side: usize, pixel: impl Fn(usize, usize) -> u8) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
    image.detect_grids()[0].decode().unwrap().1
}

/// The text that a scanner reads, and the side of the image in pixels.
fn scan_png(image: &[u8]) -> (String, usize) {
    let mut decoder = Decoder::new(Cursor::new(image));
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let side = reader.next_frame(&mut bytes).unwrap().width as usize;
    let channels = bytes.len() / (side * side);
    (scan(side, |x, y| bytes[(y * side + x) * channels]), side)
}

/// Reads the light modules that are drawn with half blocks, as a camera would.
fn scan_text(text: &str) -> String {
    /// Pixels for each module: one is too few for a scanner.
    const SCALE: usize = 4;
    let rows: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let side = rows[0].len();
    let is_light = |x: usize, y: usize| match rows[y / 2][x] {
        '█' => true,
        '▀' => y.is_multiple_of(2),
        '▄' => !y.is_multiple_of(2),
        _ => false,
    };
    scan(side * SCALE, |x, y| if is_light(x / SCALE, y / SCALE) { 255 } else { 0 })
}

#[test]
fn a_pipe_and_a_file_get_an_image() {
    let program = with_link();
    let piped = program.command(&["qr", "blog"]).output().unwrap();
    assert_eq!(scan_png(&piped.stdout), (URL.to_owned(), 300));
    let options = ["--size=512", "--margin=2", "--ecc=h", "--fg=039", "--bg=ffe", "-o", "a.png"];
    let run = program.run(&[&["qr", "http://localhost:8000/blog"][..], &options].concat());
    assert_eq!(run.told(), (Some(0), "", ""));
    assert_eq!(scan_png(&fs::read(program.path("a.png")).unwrap()), (URL.to_owned(), 512));

    let again = program.run(&["qr", "blog", "-o", "a.png"]);
    let words = "error: a.png exists already; --force replaces it\n";
    assert_eq!(again.told(), (Some(4), "", words));
    assert_eq!(program.run(&["qr", "blog", "-o", "a.svg"]).told(), (Some(0), "", ""));
    assert!(fs::read_to_string(program.path("a.svg")).unwrap().contains("<svg "));
}

#[test]
fn text_is_drawn_for_terminals() {
    let program = with_link();
    for ecc in ["l", "m", "q", "h"] {
        let text = program.run(&["qr", "blog", "--format=text", "--ecc", ecc]);
        assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""));
        assert_eq!(scan_text(&text.stdout), URL);
    }
    let shown = Terminal::new(100).show(&mut program.command(&["qr", "blog"]));
    let code: String = shown.replace("\u{1b}[97;40m", "").replace("\u{1b}[0m", "");
    assert_ne!(code, shown, "its own colours, whatever the terminal's are");
    assert_eq!(scan_text(&code), URL);
}

#[test]
fn mistakes_are_told_with_their_flag() {
    let program = with_link();
    let wrong = program.run(&["qr", "blog", "--size=5", "--fg=nope"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(4), ""));
    assert!(wrong.stderr.contains("error: --size must be"), "{wrong:?}");
    assert!(wrong.stderr.contains("error: --fg is not a colour like 1a2b3c or fff\n"), "{wrong:?}");
    assert_eq!(program.run(&["qr", "nobody"]).code, Some(3));
    assert_eq!(program.run(&["qr", "blog", "--margin=33"]).code, Some(2));
    let shown = Terminal::new(100).show(&mut program.command(&["qr", "blog", "--format=png"]));
    assert_eq!(shown, "");
}

#[test]
fn a_list_fits_its_terminal() {
    let program = with_link();
    let long = format!("https://example.com/{}", "long/".repeat(40));
    program.run(&["links", "add", &long, "--alias=long", "--title=A title of many words"]);
    let shown = Terminal::new(80).show(&mut program.command(&["links", "list"]));
    assert!(shown.contains("\u{1b}[1mCODE"), "{shown:?}");
    let mut plain = program.command(&["links", "list"]);
    let plain = Terminal::new(80).show(plain.env("NO_COLOR", "1"));
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert_eq!(plain.lines().count(), 3, "{plain}");
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
    assert!(plain.contains("https://example.com/") && plain.contains('…'), "{plain}");
    let whole = program.run(&["links", "list"]).stdout;
    assert!(whole.contains(&long), "elsewhere nothing is cut: {whole}");
}
