//! Tool calls are given whole, whatever pieces they come in.

mod openai_support;

use doubles::chat::{Answer, Arguments, ChatDouble, ToolCall, Usage, script};
use openai_support::{answer, answer_with, options, question};
use turn::{HistoryItem, ToolRun};

const NAME: &str = r#"{"name":"Zo\u00eb \"Z\" 😀","time":"10:00"}"#;

#[tokio::test]
async fn arguments_are_put_together_from_any_pieces() {
    for length in [1, 2, 3, 7, 100] {
        for bytes in [1, 4, 4096] {
            let call = ToolCall::new("book", NAME)
                .id("c1")
                .arguments(Arguments::Pieces(length));
            let written = Answer::text("One moment.")
                .tool_call(call)
                .in_chunks_of(bytes)
                .usage(Usage::Absent);
            let double = ChatDouble::start(script([written])).await.unwrap();
            assert_eq!(
                answer(&double).await,
                ["says One moment.".to_owned(), format!("calls c1 book {NAME}")],
                "pieces of {length}, chunks of {bytes}"
            );
        }
    }
}

#[tokio::test]
async fn parallel_calls_are_told_apart_in_every_dialect() {
    let ten = r#"{"time":"10:00"}"#;
    let eleven = r#"{"time":"11:00"}"#;
    let both = |first: ToolCall, second: ToolCall| {
        Answer::new()
            .usage(Usage::Absent)
            .tool_call(first)
            .tool_call(second)
    };
    let pieces = |id: &str, arguments| ToolCall::new("book", arguments).id(id);
    let whole = |id: &str, arguments| pieces(id, arguments).arguments(Arguments::Whole);
    let table = [
        (
            "as the original",
            both(pieces("a", ten), pieces("b", eleven)),
            ["a", "b"],
        ),
        (
            "all of index 0",
            both(pieces("a", ten), pieces("b", eleven)).all_indices_zero(),
            ["a", "b"],
        ),
        (
            "without index",
            both(pieces("a", ten), pieces("b", eleven)).without_indices(),
            ["a", "b"],
        ),
        (
            "without ids",
            both(pieces("", ten), pieces("", eleven)),
            ["call_1", "call_2"],
        ),
        (
            "index 0 and no ids",
            both(pieces("", ten), pieces("", eleven)).all_indices_zero(),
            ["call_1", "call_2"],
        ),
        (
            "neither index nor ids",
            both(whole("", ten), whole("", eleven)).without_indices(),
            ["call_1", "call_2"],
        ),
        (
            "the same id twice",
            both(whole("a", ten), whole("a", eleven)),
            ["a", "call_2"],
        ),
        (
            "whole in one chunk",
            both(whole("a", ten), whole("b", eleven)),
            ["a", "b"],
        ),
        (
            "arguments as objects",
            both(
                pieces("a", ten).arguments(Arguments::Object),
                pieces("b", eleven).arguments(Arguments::Object),
            ),
            ["a", "b"],
        ),
        (
            "finished with `stop`",
            both(pieces("a", ten), pieces("b", eleven)).finish_reason("stop"),
            ["a", "b"],
        ),
    ];
    for (dialect, written, [first, second]) in table {
        let double = ChatDouble::start(script([written])).await.unwrap();
        let expected = [
            format!("calls {first} book {ten}"),
            format!("calls {second} book {eleven}"),
        ];
        assert_eq!(answer(&double).await, expected, "{dialect}");
    }
}

#[tokio::test]
async fn made_up_ids_do_not_come_twice_in_a_conversation() {
    let written = Answer::new()
        .usage(Usage::Absent)
        .tool_call(ToolCall::new("book", "{}").id(""));
    let double = ChatDouble::start(script([written])).await.unwrap();
    let mut request = question();
    request.history.push(HistoryItem::Tools(vec![ToolRun {
        id: "call_1".into(),
        name: "book".into(),
        arguments: "{}".into(),
        result: Ok("done".into()),
    }]));
    assert_eq!(
        answer_with(options(&double), request).await,
        ["calls call_2 book {}"]
    );
}

#[tokio::test]
async fn what_the_model_wrote_wrongly_is_passed_on_as_it_is() {
    let table = [("{\"time\": ten", "{\"time\": ten"), ("", "{}"), ("[1]", "[1]")];
    for (written, given) in table {
        let call = ToolCall::new("unheard_of", written).id("c");
        let double = ChatDouble::start(script([Answer::new().usage(Usage::Null).tool_call(call)]))
            .await
            .unwrap();
        assert_eq!(answer(&double).await, [format!("calls c unheard_of {given}")]);
    }
}

#[tokio::test]
async fn a_call_that_was_not_finished_is_not_given() {
    let broken = Answer::text("Wait. ")
        .tool_call(ToolCall::new("book", NAME))
        .ends_after(3);
    let double = ChatDouble::start(script([broken])).await.unwrap();
    assert_eq!(
        answer(&double).await,
        [
            "says Wait. ",
            "Unavailable: openai: the answer broke off before its end"
        ]
    );
}

#[tokio::test]
async fn a_call_of_nothing_is_an_error() {
    let double = ChatDouble::start(script([Answer::new()
        .usage(Usage::Null)
        .tool_call(ToolCall::new("", "{}"))]))
    .await
    .unwrap();
    assert_eq!(
        answer(&double).await,
        ["Garbled: openai: the answer is not in the chat completions protocol"]
    );
}
