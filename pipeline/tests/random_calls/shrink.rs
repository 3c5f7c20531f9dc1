//! Makes a call that breaks a rule as small as possible.

use std::time::Duration;

use turn::Policy;

use crate::draw::Call;

/// The smallest call that is found by leaving things out and by going back to defaults.
pub(crate) fn shrink(mut call: Call, breaks: &dyn Fn(&Call) -> bool) -> Call {
    loop {
        let Some(smaller) = smaller(&call).into_iter().find(|smaller| breaks(smaller)) else {
            return call;
        };
        call = smaller;
    }
}

/// Calls that are a little simpler.
fn smaller(call: &Call) -> Vec<Call> {
    let mut calls = Vec::new();
    let script = &call.script;
    for act in 0..script.caller.len() {
        calls.push(with(call, |call| drop(call.script.caller.remove(act))));
    }
    for entry in 0..script.model.len() {
        calls.push(with(call, |call| drop(call.script.model.remove(entry))));
        for tool in 0..script.model[entry].tools.len() {
            calls.push(with(call, |call| {
                drop(call.script.model[entry].tools.remove(tool))
            }));
        }
        if script.model[entry].fault.is_some() {
            calls.push(with(call, |call| call.script.model[entry].fault = None));
        }
        if script.model[entry].talked_over.is_some() {
            calls.push(with(call, |call| call.script.model[entry].talked_over = None));
        }
    }
    for voice in 0..script.voice.len() {
        calls.push(with(call, |call| drop(call.script.voice.remove(voice))));
    }
    for tool in 0..script.tools.len() {
        calls.push(with(call, |call| drop(call.script.tools.remove(tool))));
        if !script.tools[tool].progress.is_empty() {
            calls.push(with(call, |call| call.script.tools[tool].progress.clear()));
        }
    }
    if script.greeting.is_some() {
        calls.push(with(call, |call| call.script.greeting = None));
    }
    if call.policy.hook {
        calls.push(with(call, |call| {
            call.policy.hook = false;
            call.script.hook = Duration::ZERO;
        }));
    }
    let usual = Policy::default();
    let ways: [fn(&mut Policy, &Policy); 12] = [
        |policy, usual| policy.interruption = usual.interruption.clone(),
        |policy, usual| policy.endpointing = usual.endpointing.clone(),
        |policy, usual| policy.preemptive = usual.preemptive,
        |policy, usual| policy.max_tool_steps = usual.max_tool_steps,
        |policy, usual| policy.protected_speech = usual.protected_speech,
        |policy, usual| policy.interruption.early_pause = usual.interruption.early_pause,
        |policy, usual| policy.interruption.false_timeout = usual.interruption.false_timeout,
        |policy, usual| policy.interruption.min_words = usual.interruption.min_words,
        |policy, usual| policy.interruption.echo_guard = usual.interruption.echo_guard,
        |policy, _| policy.filler = None,
        |policy, usual| policy.tools = usual.tools.clone(),
        |policy, _| policy.output.can_pause = false,
    ];
    for back in ways {
        let simpler = with(call, |call| back(&mut call.policy, &usual));
        if simpler.policy != call.policy {
            calls.push(simpler);
        }
    }
    calls
}

fn with(call: &Call, change: impl FnOnce(&mut Call)) -> Call {
    let mut changed = call.clone();
    change(&mut changed);
    changed
}
