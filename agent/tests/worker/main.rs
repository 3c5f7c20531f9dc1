//! The program `newvoice` as it is deployed: the real binary, a real LiveKit server, callers in real rooms.
//!
//! Each test has a server and a folder of its own. Calls are held with the offline services, so a machine is busy with
//! them: no more than two tests hold calls at the same time.

mod answering;
mod cut_connection;
mod dispatch_by_name;
mod draining;
mod full_disk;
mod killed_server;
mod killed_worker;
mod lossy_network;
mod refused_jobs;
mod second_caller;
mod sharing;
mod support;
mod unheard_callers;
mod unusable_models;
mod unusable_recordings;
mod unusable_servers;
mod unusable_settings;
