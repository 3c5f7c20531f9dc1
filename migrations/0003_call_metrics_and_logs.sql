-- Figures of a call as a whole, and of each of its turns. Milliseconds unless the name says otherwise.

create table call_metrics (
    id bigint generated always as identity primary key,
    call_id uuid not null unique references calls (id) on delete cascade,
    ttfb_stt_avg double precision,
    ttfb_stt_min double precision,
    ttfb_stt_max double precision,
    latency_llm_avg double precision,
    latency_llm_min double precision,
    latency_llm_max double precision,
    ttfb_tts_avg double precision,
    ttfb_tts_min double precision,
    ttfb_tts_max double precision,
    eou_latency_avg double precision,
    eou_latency_min double precision,
    eou_latency_max double precision,
    eou_latency_p50 double precision,
    eou_latency_p90 double precision,
    eou_latency_p95 double precision,
    eou_latency_p99 double precision,
    worker_added_p50 double precision,
    worker_added_p95 double precision,
    latency jsonb not null default '{}' check (jsonb_typeof(latency) = 'object'),
    stt_duration_sec double precision not null default 0,
    llm_input_tokens bigint not null default 0,
    llm_cached_tokens bigint not null default 0,
    llm_output_tokens bigint not null default 0,
    tts_characters bigint not null default 0,
    livekit_duration_sec double precision not null default 0,
    usage jsonb not null default '{}' check (jsonb_typeof(usage) = 'object'),
    currency char(3) not null default 'USD',
    cost_stt numeric(18, 9) not null default 0 check (cost_stt >= 0),
    cost_llm numeric(18, 9) not null default 0 check (cost_llm >= 0),
    cost_tts numeric(18, 9) not null default 0 check (cost_tts >= 0),
    cost_livekit numeric(18, 9) not null default 0 check (cost_livekit >= 0),
    cost_total numeric(18, 9) not null default 0,
    unpriced jsonb not null default '[]' check (jsonb_typeof(unpriced) = 'array'),
    interruption_count integer not null default 0 check (interruption_count >= 0),
    interruption_rate double precision not null default 0 check (interruption_rate between 0 and 1),
    sentiment_score double precision check (sentiment_score between -1 and 1),
    outcome varchar(50),
    outcome_confidence double precision check (outcome_confidence between 0 and 1),
    outcome_reason text,
    turn_count integer not null default 0,
    user_turn_count integer not null default 0,
    bot_turn_count integer not null default 0,
    unanswered_count integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (cost_total = cost_stt + cost_llm + cost_tts + cost_livekit)
);
create index call_metrics_outcome on call_metrics (outcome);
create index call_metrics_created on call_metrics (created_at);
create trigger touch before update on call_metrics for each row execute function touch_updated_at();

comment on column call_metrics.ttfb_stt_avg is 'stt_first - speech_start: the first interim text.';
comment on column call_metrics.latency_llm_avg is 'llm_done - llm_request: the whole answer; its first item is latency->llm_ttft.';
comment on column call_metrics.ttfb_tts_avg is 'tts_first_byte - tts_request.';
comment on column call_metrics.eou_latency_avg is 'audio_out - speech_end: from the end of the utterance to the audible answer.';
comment on column call_metrics.latency is 'Every latency with count, missing, avg, min, max, p50, p90, p95, p99 (nearest rank).';
comment on column call_metrics.interruption_rate is 'Audible replies that the caller cut / audible replies.';
comment on column call_metrics.unpriced is 'Services that were used and have no price; empty when the cost is complete.';

create table call_logs (
    id bigint generated always as identity primary key,
    call_id uuid not null references calls (id) on delete cascade,
    turn_index integer not null check (turn_index >= 0),
    role varchar(20) not null check (role in ('user', 'assistant')),
    content text not null default '',
    user_text text,
    agent_text text,
    heard_text text,
    state_id varchar(100),
    language varchar(35),
    ttfb_stt double precision,
    latency_stt double precision,
    latency_llm double precision,
    ttfb_tts double precision,
    latency_tts double precision,
    eou_latency double precision,
    eou_delay double precision,
    llm_ttft double precision,
    text_aggregation double precision,
    worker_added double precision,
    barge_in_detect double precision,
    barge_in_stop double precision,
    stt_duration_sec double precision not null default 0,
    llm_input_tokens bigint not null default 0,
    llm_output_tokens bigint not null default 0,
    tts_characters bigint not null default 0,
    was_interrupted boolean not null default false,
    sentiment double precision check (sentiment between -1 and 1),
    reason varchar(20) check (reason in ('silence', 'model', 'provider', 'max_delay', 'manual')),
    stamps jsonb not null default '{}' check (jsonb_typeof(stamps) = 'object'),
    providers jsonb not null default '{}' check (jsonb_typeof(providers) = 'object'),
    errors jsonb not null default '[]' check (jsonb_typeof(errors) = 'array'),
    extra_data jsonb not null default '{}' check (jsonb_typeof(extra_data) = 'object'),
    created_at timestamptz not null,
    unique (call_id, turn_index)
);
create index call_logs_created on call_logs (created_at);
create index call_logs_slow on call_logs (eou_latency desc) where eou_latency is not null;

comment on table call_logs is 'One row a turn. Role and content are those of who began it.';
comment on column call_logs.stamps is 'Milliseconds since the call''s start on the audio clock; a stamp that is absent did not happen.';
comment on column call_logs.latency_stt is 'stt_final - speech_end.';
comment on column call_logs.latency_llm is 'llm_done - llm_request.';
comment on column call_logs.latency_tts is 'tts_first_audible - tts_request.';
