//! `srm`: is the sample ratio of the experiments as their allocation says?
//!
//! In: a stand-in, or exports. Out: a report and an exit code: 0 all is as expected, 1 a mismatch, 2 it could not say.

use std::{io::Write as _, process::ExitCode};

use clap::Parser;
use srm::cli::{self, Args};

fn main() -> ExitCode {
    match cli::run(&Args::parse()) {
        Ok(outcome) => {
            // Not print!: a reader that went away (`| head`) is no failure.
            let _ = std::io::stdout().write_all(outcome.text.as_bytes());
            ExitCode::from(u8::from(!outcome.is_fine()))
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
