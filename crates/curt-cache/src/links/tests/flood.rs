//! Floods: more links than fit, and visitors who request codes that were never created.

use super::*;

const BYTES_MAX: u64 = 4 << 20;

fn small_cache() -> LinkCache {
    let settings = CacheSettings { bytes_max: BYTES_MAX, ..CacheSettings::DEFAULT };
    LinkCache::new(settings, &mut Registry::default())
}

/// Xorshift: a fixed sequence, so that the test gives the same figures each time.
struct Dice(u64);

impl Dice {
    /// A number below one.
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / 2_f64.powi(32)
    }
}

/// Whether a visit found its link in memory; loads it otherwise.
fn visit(cache: &LinkCache, code: &Code, found: Option<Route>) -> bool {
    if cache.get(code.as_str(), start()).is_some() {
        return true;
    }
    load_now(cache, code, start(), found).unwrap();
    false
}

/// The share of hits among 40 000 visits to 20 000 links, of which a few are popular and about 8
/// 000 fit, with `unknown_per_visit` visits to random codes after each.
fn hit_rate_of_known_links(cache: &LinkCache, unknown_per_visit: u32) -> f64 {
    let known: Vec<Code> = (0..20_000).map(|n| code(&format!("known{n}"))).collect();
    let visits = 40_000;
    let mut dice = Dice(0x5eed);
    let mut unknown = 0;
    let mut hits = 0;
    for _ in 0..visits {
        // Log-uniform ranks: the popularity of rank n falls with 1/n.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..20 000")]
        let rank = 20_000_f64.powf(dice.roll()) as usize - 1;
        hits += u32::from(visit(cache, &known[rank], Some(route(1))));
        for _ in 0..unknown_per_visit {
            unknown += 1;
            visit(cache, &code(&format!("random{unknown}")), None);
        }
    }
    f64::from(hits) / f64::from(visits)
}

#[test]
fn cache_06_a_million_random_codes_push_out_no_link_that_people_use() {
    let quiet = hit_rate_of_known_links(&small_cache(), 0);
    let cache = small_cache();
    let flooded = hit_rate_of_known_links(&cache, 25);
    assert!(0.5 < quiet && quiet < 1.0, "{quiet} says nothing: all fit, or none");
    assert!(0.95 * quiet <= flooded, "{flooded} of the visits found their link, before {quiet}");
    assert!(cache.routes.weight() + cache.missing.weight() <= BYTES_MAX);
    assert!(cache.missing.weight() <= BYTES_MAX / MISSING_SHARE);
}

#[test]
fn cache_06_the_memory_stays_in_bounds_whatever_is_loaded() {
    let cache = small_cache();
    for n in 0..30_000_usize {
        let path = "x".repeat(n * 7 % 2_000);
        let target = TargetUrl::from_stored(&format!("https://example.com/{path}")).unwrap();
        let fallback = (n % 3 == 0).then(|| target.clone());
        let long_code = code(&format!("{n:0>64}"));
        visit(&cache, &long_code, Some(Route { target, fallback, ..route(1) }));
        visit(&cache, &code(&format!("none{n}")), None);
    }
    assert!(1_000 < cache.routes.len(), "a cache that holds nothing is in bounds, too");
    let tables = cache.routes.memory_used().total() + cache.missing.memory_used().total();
    let texts: usize = cache
        .routes
        .iter()
        .map(|(code, cached)| {
            let fallback = cached.route.fallback.as_ref().map_or(0, |url| url.as_str().len());
            let target = cached.route.target.as_str().len() + cached.location.len();
            code.as_str().len() + size_of::<CachedRoute>() + target + fallback
        })
        .chain(cache.missing.iter().map(|(code, _)| code.as_str().len()))
        .sum();
    let bytes_max = usize::try_from(BYTES_MAX).unwrap();
    assert!(tables + texts <= bytes_max, "{tables} in tables and {texts} in texts");
    assert!(cache.loads.memory_used().total() < 64 << 10, "loads that ended leave nothing behind");
}
