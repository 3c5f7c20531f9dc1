//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A real-time voice agent: it joins LiveKit rooms, listens, thinks and speaks.
#[derive(Debug, Parser)]
#[command(name = "newvoice", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve calls: register at a LiveKit server and hold every call that it hands over.
    #[command(
        after_help = "Example: LIVEKIT_URL=wss://… LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… newvoice worker"
    )]
    Worker,
    /// Show a call: a recorded caller talks with the agent in a real LiveKit room on this machine.
    #[command(after_help = "Example: newvoice demo --once")]
    Demo(Demo),
    /// Hold one conversation without LiveKit, with a recording as the caller, in real time.
    #[command(after_help = "Example: newvoice talk --skillbase clinic.yaml --in caller.wav --out call/")]
    Talk(Talk),
    /// Play scenarios on virtual time and print what happens.
    #[command(after_help = "Example: newvoice simulate barge-in.yaml --json\n\n\
        Exit status: 1 when something that a scenario expects did not happen; else 2 when a file is no scenario (the others \
        are played all the same); else 0.")]
    Simulate(Simulate),
    /// Make a call's decisions again from its input log, and say whether they are the same.
    #[command(after_help = "Example: newvoice replay recordings/01a210b2-69df-75f7-8dbd-489e2248f617")]
    Replay(Replay),
    /// Check settings, models and services one by one.
    #[command(after_help = "Example: newvoice doctor")]
    Doctor(Doctor),
    /// Bring the database's tables up to date.
    #[command(after_help = "Example: DATABASE_URL=postgres://… newvoice migrate")]
    Migrate,
    /// Agent definitions.
    #[command(subcommand)]
    Skillbase(Skillbase),
}

/// Options of the demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// End after one call.
    #[arg(long)]
    pub once: bool,
    /// The folder with the recorded caller's lines.
    #[arg(long, default_value = ".dev/speech")]
    pub speech: PathBuf,
}

/// Options of a conversation with a recording.
#[derive(Debug, Args)]
pub struct Talk {
    /// The agent: a skillbase, JSON or YAML; absent: the one that is built in.
    #[arg(long)]
    pub skillbase: Option<PathBuf>,
    /// The caller: WAV or FLAC.
    #[arg(long = "in")]
    pub caller: PathBuf,
    /// Where the call's folder goes.
    #[arg(long)]
    pub out: PathBuf,
    /// Print one JSON object: the call's record and its turns.
    #[arg(long)]
    pub json: bool,
}

/// Options of a simulation.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The scenarios, YAML or JSON.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object for each event; of several scenarios, {"scenario": FILE} before those of each.
    #[arg(long)]
    pub json: bool,
}

/// Options of a replay.
#[derive(Debug, Args)]
pub struct Replay {
    /// The call's folder.
    pub call: PathBuf,
}

/// Options of the check.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// What can be done with an agent's definition.
#[derive(Debug, Subcommand)]
pub enum Skillbase {
    /// Say everything that is wrong with a definition.
    #[command(after_help = "Example: newvoice skillbase check clinic.yaml")]
    Check {
        /// The definition, JSON or YAML.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Store a definition in the database; its version grows when it changed.
    #[command(after_help = "Example: newvoice skillbase apply clinic.yaml --company acme")]
    Apply {
        /// The definition, JSON or YAML.
        file: PathBuf,
        /// The company's short name; made if it does not exist.
        #[arg(long)]
        company: String,
        /// The skillbase's short name; absent: the file's name without its endings.
        #[arg(long)]
        slug: Option<String>,
    },
    /// Print the system prompt that a definition makes.
    #[command(after_help = "Example: newvoice skillbase prompt clinic.yaml")]
    Prompt {
        /// The definition, JSON or YAML.
        file: PathBuf,
    },
}
