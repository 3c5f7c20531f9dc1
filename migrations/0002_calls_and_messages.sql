-- Calls and what was said in them. A call outlives its company and its agent.

create table calls (
    id uuid primary key,
    company_id uuid references companies (id) on delete set null,
    skillbase_id uuid references skillbases (id) on delete set null,
    skillbase_slug varchar(100),
    skillbase_version integer check (skillbase_version >= 1),
    prompt_hash varchar(64),
    external_call_id varchar(255),
    livekit_room_id varchar(255),
    direction varchar(20) not null check (direction in ('inbound', 'outbound')),
    caller_number varchar(50),
    callee_number varchar(50),
    outcome varchar(50)
        check (outcome in ('success', 'fail', 'voicemail', 'no_answer', 'busy', 'unknown', 'lost')),
    disposition varchar(100),
    outcome_data jsonb not null default '{}' check (jsonb_typeof(outcome_data) = 'object'),
    collected_data jsonb not null default '{}' check (jsonb_typeof(collected_data) = 'object'),
    duration_sec double precision not null default 0 check (duration_sec >= 0),
    turn_count integer not null default 0 check (turn_count >= 0),
    states_visited jsonb not null default '[]' check (jsonb_typeof(states_visited) = 'array'),
    language varchar(35) not null,
    status varchar(50) not null default 'active'
        check (status in ('active', 'completed', 'failed', 'transferred')),
    ended_reason varchar(100),
    recording_path text,
    worker varchar(255),
    settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
    errors jsonb not null default '[]' check (jsonb_typeof(errors) = 'array'),
    started_at timestamptz not null,
    ended_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (ended_at >= started_at),
    check ((status = 'active') = (ended_at is null))
);
create index calls_company_started on calls (company_id, started_at desc);
create index calls_skillbase_started on calls (skillbase_id, started_at desc);
create index calls_started on calls (started_at desc, id);
create index calls_outcome on calls (outcome);
create index calls_active on calls (started_at) where status = 'active';
create trigger touch before update on calls for each row execute function touch_updated_at();

comment on column calls.skillbase_slug is 'Name of the agent at the time, kept when the skillbase is deleted or came from a file.';
comment on column calls.prompt_hash is 'SHA-256 of the system prompt, hexadecimal.';
comment on column calls.outcome is 'How it ended; what it meant for the business is the disposition (lead, callback, ...).';
comment on column calls.recording_path is 'Directory of the call''s files, relative to the recordings'' root.';

create table messages (
    id bigint generated always as identity primary key,
    call_id uuid not null references calls (id) on delete cascade,
    position integer not null check (position >= 0),
    role varchar(20) not null check (role in ('user', 'assistant', 'system')),
    content text not null,
    state_id varchar(100),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    created_at timestamptz not null,
    unique (call_id, position)
);

comment on table messages is 'The transcript: what the caller said and what was audible of the agent, in order of position.';
