//! What a site derives from its public URL.

use super::*;

#[test]
fn a_short_url_has_one_slash_before_its_code() {
    for public_url in ["https://sho.rt", "https://sho.rt/"] {
        let settings = SiteSettings {
            public_url: public_url.parse().unwrap(),
            http: HttpSettings::default(),
            links: LinkSettings::default(),
            pages: PageSettings::default(),
        };
        let site = Site::new(settings, Arc::default(), ReservedWords::new([]));
        assert_eq!(site.short_url(&"abc".parse().unwrap()), "https://sho.rt/abc");
    }
}
