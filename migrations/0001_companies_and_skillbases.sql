-- Who uses the product, and the agents they have defined.

-- Keeps updated_at true for every writer, whatever program it is. A row that is written but not changed keeps its date.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
    if new is distinct from old then
        new.updated_at := now();
    end if;
    return new;
end
$$;

create table companies (
    id uuid primary key default gen_random_uuid(),
    name varchar(255) not null check (name <> ''),
    slug varchar(100) not null unique check (slug ~ '^[a-z0-9][a-z0-9_-]*$'),
    email varchar(255),
    phone varchar(50),
    settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
    limits jsonb not null default '{"bots": 5, "calls_per_month": 1000}' check (jsonb_typeof(limits) = 'object'),
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create trigger touch before update on companies for each row execute function touch_updated_at();

create table skillbases (
    id uuid primary key default gen_random_uuid(),
    company_id uuid not null references companies (id) on delete cascade,
    name varchar(255) not null check (name <> ''),
    slug varchar(100) not null check (slug ~ '^[a-z0-9][a-z0-9_-]*$'),
    description text,
    version integer not null default 1 check (version >= 1),
    config jsonb not null default '{}' check (jsonb_typeof(config) = 'object'),
    is_active boolean not null default true,
    is_published boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (company_id, slug)
);
create index skillbases_slug on skillbases (slug) where is_active;
create index skillbases_active_published on skillbases (is_active, is_published);
create trigger touch before update on skillbases for each row execute function touch_updated_at();

comment on column skillbases.version is 'Grows by one when config changes, and only then; calls record the version they ran with.';
