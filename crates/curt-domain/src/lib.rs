//! Links, codes, targets and policies: pure rules, no async, no input or output.
