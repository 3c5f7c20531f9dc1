//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures New Voice on this machine.
#[derive(Debug, Parser)]
#[command(name = "newvoice-bench", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold many calls at once through a real LiveKit server, with simulated speech services, and print what a room costs.
    #[command(
        after_help = "Example: newvoice-bench load --rooms 20 --seconds 120 --max-cpu 2 --max-memory-mb 2 --max-late 0"
    )]
    Load(Load),
    /// Let recorded callers call agents that wait longer or shorter for the end of a turn, and print beside each other how
    /// often each cut in and how long its answers took.
    #[command(after_help = "Example: newvoice-bench cut-ins .dev/speech/pauses/*.wav")]
    CutIns(CutIns),
    /// Hold calls on virtual time, and print what one event costs the turn core and how long an hour of calls takes.
    #[command(after_help = "Example: newvoice-bench core --max-event-us 2 --max-hour-s 1")]
    Core(Core),
    /// Let recorded callers talk over an agent, and print how fast it falls silent, and how often for nothing.
    #[command(
        after_help = "Example: newvoice-bench barge-in --calls 4 --max-stop-p50-ms 250 --max-stop-p95-ms 400"
    )]
    BargeIn(BargeIn),
    /// The callers of a measurement, which starts them itself: reads numbers of rooms to call, and hangs up at their end.
    #[command(hide = true)]
    Callers(Callers),
}

/// Options of the load measurement.
#[derive(Debug, Args)]
pub struct Load {
    /// What is measured.
    #[command(flatten)]
    pub plan: Plan,
    /// What must be kept.
    #[command(flatten)]
    pub limits: Limits,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What is measured.
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// Calls at once.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rooms: u32,
    /// Length of the measured window, after everybody has answered once.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: u64,
    /// The detector of voices.
    #[arg(long, value_enum, default_value_t = Vad::Webrtc)]
    pub vad: Vad,
    /// The folder with the recorded callers' lines.
    #[arg(long, default_value = ".dev/speech")]
    pub speech: PathBuf,
}

/// Options of the measurement of cut-ins.
#[derive(Debug, Args)]
pub struct CutIns {
    /// The callers: recordings, WAV or FLAC, best with pauses inside of turns.
    #[arg(required = true)]
    pub clips: Vec<PathBuf>,
    /// The program that holds the calls.
    #[arg(long, default_value = "target/release/newvoice")]
    pub program: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Options of the measurement of barge-in.
#[derive(Debug, Args)]
pub struct BargeIn {
    /// Calls to hold; each takes about three minutes.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub calls: u32,
    /// Calls at the same time. More than the machine has idle cores for measures the machine.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub at_once: u32,
    /// The folder with the recorded callers' lines.
    #[arg(long, default_value = ".dev/speech")]
    pub speech: PathBuf,
    /// The program that holds the calls.
    #[arg(long, default_value = "target/release/newvoice")]
    pub program: PathBuf,
    /// Print what became of each sound, not only what should not have.
    #[arg(long)]
    pub each: bool,
    /// What must be kept.
    #[command(flatten)]
    pub limits: BargeInLimits,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What must be kept when an agent is talked over; exit status 1 otherwise. What is not given is not judged.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct BargeInLimits {
    /// Median from the caller's first voiced sample to the agent's last audible one.
    #[arg(long)]
    pub max_stop_p50_ms: Option<f64>,
    /// Its 95th percentile.
    #[arg(long)]
    pub max_stop_p95_ms: Option<f64>,
    /// Signs of attention and coughs that stop the agent for good, in percent.
    #[arg(long)]
    pub max_false_stops: Option<f64>,
    /// The longest that one of them may silence it for.
    #[arg(long)]
    pub max_silence_ms: Option<f64>,
}

/// The detector of voices that the agents use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Vad {
    /// WebRTC's, which costs next to nothing.
    Webrtc,
    /// The neural network behind its gate, as calls have it where ONNX Runtime is installed.
    Silero,
}

/// What must be kept; exit status 1 otherwise. What is not given is not judged.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Limits {
    /// Most CPU for each room, in percent of one core.
    #[arg(long)]
    pub max_cpu: Option<f64>,
    /// Most memory for each room, in MB of 10^6 bytes.
    #[arg(long)]
    pub max_memory_mb: Option<f64>,
    /// Most frames of the agents that were more than 30 ms late, of all rooms together.
    #[arg(long)]
    pub max_late: Option<u64>,
}

/// Options of the measurement of the turn core.
#[derive(Debug, Args)]
pub struct Core {
    /// What is measured.
    #[command(flatten)]
    pub plan: CorePlan,
    /// What must be kept.
    #[command(flatten)]
    pub limits: CoreLimits,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What is measured of the turn core.
#[derive(Clone, Debug, Args)]
pub struct CorePlan {
    /// How often each measurement is made: their spread is printed.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rounds: u32,
    /// The folder of a recorded call: its events are measured, and not those of simulated calls.
    #[arg(long)]
    pub call: Option<PathBuf>,
}

/// What the turn core must keep; exit status 1 otherwise. What is not given is not judged.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct CoreLimits {
    /// Most time for one event, in microseconds: the median of the rounds' averages.
    #[arg(long)]
    pub max_event_us: Option<f64>,
    /// Most time to simulate an hour of calls, in seconds: the median of the rounds.
    #[arg(long)]
    pub max_hour_s: Option<f64>,
}

/// Where the callers call.
#[derive(Debug, Args)]
pub struct Callers {
    /// The server.
    #[arg(long, env = "LIVEKIT_URL")]
    pub url: String,
    /// Its key.
    #[arg(long, env = "LIVEKIT_API_KEY")]
    pub key: String,
    /// The secret that belongs to it.
    #[arg(long, env = "LIVEKIT_API_SECRET", hide_env_values = true)]
    pub secret: String,
    /// The folder with their lines.
    #[arg(long)]
    pub speech: PathBuf,
}
