//! The program from outside: what it prints, what it writes, how it ends.

mod config;
mod data_dir;
mod help;
mod keys;
mod program;
