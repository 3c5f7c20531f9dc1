//! What skillbases, their prompts and their conversations must do. One file for each behaviour.

mod answers;
mod confirming;
mod examples;
mod keywords;
mod misunderstandings;
mod prompts;
mod properties;
mod rejecting;
mod schema;
mod stages;
mod talk;
mod weighing;
