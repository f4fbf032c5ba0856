//! In: the command line. Out: two servers, and one line of JSON on stdout once both listen.
//! Never: a network other than the addresses it was given.

use std::process::ExitCode;

use clap::Parser;
use tokio::io::AsyncReadExt;

use standin::cli::Options;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let exit_with_stdin = options.exit_with_stdin;
    let running = match standin::start(options).await {
        Ok(running) => running,
        Err(error) => {
            eprintln!("standin: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", running.announcement());
    tokio::select! {
        () = stdin_closed(), if exit_with_stdin => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    // Not the runtime's own shutdown: that would wait for the thread that reads stdin.
    std::process::exit(0)
}

/// Ends when whoever holds the other end of stdin has gone.
async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 256];
    while matches!(stdin.read(&mut ignored).await, Ok(read) if read > 0) {}
}
