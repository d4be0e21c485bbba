//! What becomes of a click after its redirect: enriched, judged, rolled up, retained.
