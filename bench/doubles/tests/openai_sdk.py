"""Asks the chat double by means of the vendor's own client library and prints what that library understood.

Usage: openai_sdk.py BASE_URL KEY CASE...; prints one JSON object, case -> result.
"""

import json
import sys

import openai

BOOK = {
    "type": "function",
    "function": {"name": "book", "description": "Books.", "parameters": {"type": "object", "properties": {}}},
}


def ask(client: openai.OpenAI, case: str) -> dict:
    try:
        return stream(client, case)
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "status": error.status_code, "code": error.code}
    except openai.APIError as error:
        return {"error": type(error).__name__, "code": error.code}
    except Exception as error:  # the library lets its transport's and JSON's errors through
        return {"error": type(error).__name__}


def stream(client: openai.OpenAI, case: str) -> dict:
    text, calls, finish, usage, role = "", {}, None, None, None
    answer = client.chat.completions.create(
        model="double",
        messages=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": case}],
        tools=[BOOK],
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in answer:
        type(chunk).model_validate(chunk.model_dump(), strict=True)
        if chunk.usage is not None:
            usage = [
                chunk.usage.prompt_tokens,
                chunk.usage.prompt_tokens_details.cached_tokens,
                chunk.usage.completion_tokens,
            ]
        for choice in chunk.choices:
            role = role or choice.delta.role
            text += choice.delta.content or ""
            finish = finish or choice.finish_reason
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
                known["id"] += call.id or ""
                known["name"] += call.function.name or ""
                known["arguments"] += call.function.arguments or ""
    return {"role": role, "text": text, "calls": list(calls.values()), "finish": finish, "usage": usage}


def helper(client: openai.OpenAI, case: str) -> dict:
    """The same question by the library's own accumulating helper, which checks more than the plain stream does."""
    with client.chat.completions.stream(
        model="double", messages=[{"role": "user", "content": case}], stream_options={"include_usage": True}
    ) as answer:
        message = answer.get_final_completion().choices[0].message
    return {
        "text": message.content or "",
        "calls": [[call.function.name, call.function.arguments] for call in message.tool_calls or []],
    }


def main() -> None:
    base_url, key, *cases = sys.argv[1:]
    client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=2.0)
    results = {case: ask(client, case) for case in cases}
    results["models"] = [model.id for model in client.models.list()]
    results["helper"] = helper(client, "two calls")
    stranger = openai.OpenAI(base_url=base_url, api_key="another", max_retries=0)
    results["stranger"] = ask(stranger, "text")
    print(json.dumps({"version": openai.__version__, "results": results}))


main()
