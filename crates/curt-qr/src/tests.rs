//! A decoder reads symbols back from every form in which they are drawn.

use ::png::{Decoder, Transformations};

use super::*;

const TEXT: &str = "https://sho.rt/abc1234?qr";
const CORRECTIONS: [Correction; 4] =
    [Correction::Low, Correction::Medium, Correction::Quartile, Correction::High];

/// A square picture: the brightness of its pixels, row by row.
struct Picture {
    side: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn read(&self) -> String {
        let pixel = |x: usize, y: usize| self.pixels[y * self.side + x];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(self.side, self.side, pixel);
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one symbol");
        grids[0].decode().unwrap().1
    }

    fn inverted(&self) -> Self {
        Self { side: self.side, pixels: self.pixels.iter().map(|pixel| 255 - pixel).collect() }
    }
}

/// Transparent pixels get the brightness `behind`.
fn from_png(file: &[u8], behind: u8) -> Picture {
    let mut decoder = Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.width, info.height);
    let brightness = |rgba: &[u8]| match rgba {
        [red, green, blue, 255] => {
            u8::try_from((u32::from(*red) + u32::from(*green) + u32::from(*blue)) / 3).unwrap()
        }
        [.., 0] => behind,
        other => panic!("half transparent: {other:?}"),
    };
    let pixels = bytes.chunks_exact(4).map(brightness).collect();
    Picture { side: info.width as usize, pixels }
}

/// Draws what `svg` writes, a rectangle at a time, with four pixels a module.
fn from_svg(svg: &str) -> Picture {
    const SCALE: usize = 4;
    let between = |start: &str, end: &str| {
        let rest = svg.rsplit_once(start).unwrap().1;
        rest.split_once(end).unwrap().0
    };
    let side = between("viewBox=\"0 0 ", " ").parse::<usize>().unwrap() * SCALE;
    let mut picture = Picture { side, pixels: vec![255; side * side] };
    for rectangle in between(" d=\"M", "z\"").split("zM") {
        let (corner, rest) = rectangle.split_once('h').unwrap();
        let (x, y) = corner.split_once(' ').unwrap();
        let (width, rest) = rest.split_once("v1h-").unwrap();
        assert_eq!(width, rest);
        let [x, y, width] = [x, y, width].map(|number| number.parse::<usize>().unwrap() * SCALE);
        for row in y..y + SCALE {
            picture.pixels[row * side + x..row * side + x + width].fill(0);
        }
    }
    picture
}

fn from_half_blocks(text: &str) -> Picture {
    const SCALE: usize = 4;
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let side = lines[0].len() * SCALE;
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let (module, upper) = (y / SCALE, (y / SCALE).is_multiple_of(2));
            let light = match lines[module / 2][x / SCALE] {
                '█' => true,
                '▀' => upper,
                '▄' => !upper,
                ' ' => false,
                other => panic!("{other}"),
            };
            pixels.push(if light { 255 } else { 0 });
        }
    }
    Picture { side, pixels }
}

#[test]
fn every_form_reads_back_with_every_correction_and_margin() {
    for correction in CORRECTIONS {
        let symbol = Symbol::new(TEXT, correction).unwrap();
        for margin in [1, 4, 32] {
            let style = Style { margin, ..Style::default() };
            let picture = from_png(&symbol.png(512, &style).unwrap(), 0);
            assert_eq!((picture.side, picture.read().as_str()), (512, TEXT));
            assert_eq!(from_svg(&symbol.svg(512, &style)).read(), TEXT);
            assert_eq!(from_half_blocks(&symbol.half_blocks(margin)).read(), TEXT);
        }
    }
}

#[test]
fn the_smallest_and_the_largest_picture_read_back() {
    let symbol = Symbol::new(TEXT, Correction::Medium).unwrap();
    let style = Style::default();
    let min = symbol.png(16, &style).unwrap_err().min;
    assert_eq!(symbol.png(min - 1, &style), Err(TooSmall { min }));
    // One pixel a module is too fine for the decoder, so each pixel is compared.
    let smallest = from_png(&symbol.png(min, &style).unwrap(), 0);
    let twice = from_png(&symbol.png(2 * min, &style).unwrap(), 0);
    assert_eq!(twice.read(), TEXT);
    for (at, pixel) in smallest.pixels.iter().enumerate() {
        let (x, y) = (at % smallest.side, at / smallest.side);
        assert_eq!(*pixel, twice.pixels[2 * y * twice.side + 2 * x]);
    }
    let file = symbol.png(4_096, &style).unwrap();
    assert!(file.len() < 32 * 1024, "{} bytes", file.len());
    assert_eq!(from_png(&file, 0).read(), TEXT);
}

#[test]
fn what_is_left_over_widens_the_margins_evenly() {
    let symbol = Symbol::new(TEXT, Correction::Low).unwrap();
    let style = Style { margin: 0, ..Style::default() };
    let side = symbol.width as usize;
    let picture = from_png(&symbol.png(symbol.width * 3 + 2, &style).unwrap(), 0);
    let dark: Vec<usize> =
        (0..picture.pixels.len()).filter(|&at| picture.pixels[at] == 0).collect();
    let (first, last) = (dark[0] / picture.side, dark[dark.len() - 1] / picture.side);
    assert_eq!((first, last), (1, side * 3));
}

#[test]
fn colours_are_those_asked_for() {
    let symbol = Symbol::new(TEXT, Correction::Medium).unwrap();
    let [blue, cream] = ["003", "fff8dc"].map(|text| text.parse::<Color>().unwrap());
    let coloured = Style { foreground: blue, background: Some(cream), ..Style::default() };
    assert_eq!(from_png(&symbol.png(300, &coloured).unwrap(), 0).read(), TEXT);
    let svg = symbol.svg(300, &coloured);
    assert!(svg.contains("<path fill=\"#fff8dc\" d=\"M0 0h"), "{svg}");
    assert!(svg.contains("<path fill=\"#000033\" d=\"M"), "{svg}");

    let inverted =
        Style { foreground: Color::WHITE, background: Some(Color::BLACK), ..Style::default() };
    let picture = from_png(&symbol.png(300, &inverted).unwrap(), 0);
    assert_eq!(picture.inverted().read(), TEXT);

    let transparent = Style { background: None, ..Style::default() };
    let file = symbol.png(300, &transparent).unwrap();
    assert_eq!(from_png(&file, 255).read(), TEXT);
    assert!(
        from_png(&file, 0).pixels.iter().all(|&pixel| pixel == 0),
        "nothing but black is drawn"
    );
    assert_eq!(symbol.svg(300, &transparent).matches("<path").count(), 1);
}

#[test]
fn colours_are_written_in_hexadecimal() {
    let color = |text: &str| text.parse::<Color>();
    assert_eq!(color("f80"), Ok(Color([0xff, 0x88, 0])));
    assert_eq!(color("0a1B2c").map(|color| color.to_string()), Ok("#0a1b2c".to_owned()));
    for wrong in
        ["", "f", "ff", "ffff", "fffff", "fffffff", "#fff", "red", "ggg", "ff f", "+ff", "é12"]
    {
        assert_eq!(color(wrong), Err(InvalidColor), "{wrong}");
    }
}

#[test]
fn contrast_is_that_of_wcag() {
    let contrast = |one: [u8; 3], other| format!("{:.2}", Color(one).contrast(Color(other)));
    assert_eq!(contrast([0; 3], [255; 3]), "21.00");
    assert_eq!(contrast([255; 3], [0; 3]), "21.00");
    assert_eq!(contrast([255, 255, 0], [255; 3]), "1.07");
    assert_eq!(contrast([9; 3], [9; 3]), "1.00");
}

#[test]
fn a_text_may_be_too_long() {
    let text = "x".repeat(2_000);
    assert!(Symbol::new(&text, Correction::Low).is_ok());
    assert_eq!(Symbol::new(&text, Correction::High).unwrap_err(), TooLong);
}
