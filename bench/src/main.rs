//! The program `newvoice-bench`: runs one measurement, prints it, and says by its status whether limits were kept.

use std::{io::Write, process::ExitCode};

use bench::{
    cli::{Cli, Command, Load},
    load::{self, LoadError},
};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Load(options) => measure_load(options).await,
        Command::Callers(options) => load::call_as_told(&options).await.map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        say(&mut std::io::stderr(), &format!("newvoice-bench: {error}"));
        ExitCode::FAILURE
    })
}

async fn measure_load(options: Load) -> Result<ExitCode, LoadError> {
    let report = load::measure(&options.plan).await?;
    let shown = if options.json {
        serde_json::to_string(&report).map_err(std::io::Error::from)?
    } else {
        report.to_string()
    };
    say(&mut std::io::stdout(), &shown);
    let exceeded = report.exceeded(&options.limits);
    for sentence in &exceeded {
        say(&mut std::io::stderr(), &format!("newvoice-bench: {sentence}"));
    }
    Ok(if exceeded.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn say(to: &mut dyn Write, line: &str) {
    // Where even this fails there is nobody to tell.
    let _ = writeln!(to, "{line}");
}
