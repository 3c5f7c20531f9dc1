//! The program `newvoice`: reads the settings, runs one command, ends with its status.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use newvoice::{cli::Cli, commands, logging};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
    if let Err(failure) = commands::run(cli).await {
        // Where even this fails there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "newvoice: {}", failure.message);
        return ExitCode::from(failure.status);
    }
    ExitCode::SUCCESS
}
