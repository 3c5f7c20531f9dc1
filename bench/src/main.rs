//! The program `newvoice-bench`: runs one measurement, prints it, and says by its status whether limits were kept.

use std::{error::Error, fmt::Display, io::Write, process::ExitCode};

use bench::{
    barge_in,
    cli::{BargeIn, Cli, Command, Core, CutIns, Load},
    cut_ins, load, turn_core,
};
use clap::Parser;
use serde::Serialize;

type Done = Result<ExitCode, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Load(options) => measure_load(options).await,
        Command::Core(options) => measure_core(&options),
        Command::CutIns(options) => measure_cut_ins(options).await,
        Command::BargeIn(options) => measure_barge_in(options).await,
        Command::Callers(options) => call(options).await,
    };
    done.unwrap_or_else(|error| {
        say(&mut std::io::stderr(), &format!("newvoice-bench: {error}"));
        ExitCode::FAILURE
    })
}

async fn measure_load(options: Load) -> Done {
    let report = load::measure(&options.plan).await?;
    show(&report, options.json)?;
    Ok(judge(&report.exceeded(&options.limits)))
}

fn measure_core(options: &Core) -> Done {
    let report = turn_core::measure(&options.plan)?;
    show(&report, options.json)?;
    Ok(judge(&report.exceeded(&options.limits)))
}

async fn measure_cut_ins(options: CutIns) -> Done {
    show(&cut_ins::measure(&options).await?, options.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn measure_barge_in(options: BargeIn) -> Done {
    let report = barge_in::measure(&options).await?;
    show(&report, options.json)?;
    Ok(judge(&report.exceeded(&options.limits)))
}

async fn call(options: bench::cli::Callers) -> Done {
    load::call_as_told(&options).await?;
    Ok(ExitCode::SUCCESS)
}

fn show<R: Display + Serialize>(report: &R, json: bool) -> Result<(), Box<dyn Error>> {
    let shown = if json {
        serde_json::to_string(report)?
    } else {
        report.to_string()
    };
    say(&mut std::io::stdout(), &shown);
    Ok(())
}

/// A sentence for each limit that was not kept.
fn judge(exceeded: &[String]) -> ExitCode {
    for sentence in exceeded {
        say(&mut std::io::stderr(), &format!("newvoice-bench: {sentence}"));
    }
    if exceeded.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn say(to: &mut dyn Write, line: &str) {
    // Where even this fails there is nobody to tell.
    let _ = writeln!(to, "{line}");
}
