use super::*;

fn code_at<'a>(public_url: &str, name: &'a str) -> Result<&'a str, String> {
    code(name, &Url::parse(public_url).unwrap()).map_err(|failure| failure.to_string())
}

#[test]
fn a_link_is_named_by_its_code_or_its_short_url() {
    for name in [
        "blog",
        "blog+",
        "go.example.com/blog",
        "https://go.example.com/blog",
        "HTTPS://GO.example.com:443/blog/",
        "http://go.example.com:443/blog",
        "https://go.example.com/blog+",
        "https://go.example.com/blog?qr",
        "https://go.example.com/blog+?utm_source=x/y#end",
    ] {
        assert_eq!(code_at("https://go.example.com", name), Ok("blog"), "{name}");
    }
    assert_eq!(code_at("http://localhost:8000", "localhost:8000/blog"), Ok("blog"));
}

#[test]
fn the_url_of_another_site_names_nothing_here() {
    for name in [
        "https://example.com/blog",
        "example.com/blog",
        "https://go.example.com:8443/blog",
        "/blog",
    ] {
        let error = code_at("https://go.example.com", name).unwrap_err();
        assert_eq!(error, format!("{name} is no short URL of https://go.example.com/"));
    }
}
