-- Data at rest (ADR 0020): keys of the vault itself, wrapped under the key of an epoch like every data key.

-- `lookup`: the key of the blind index.
create table vault_keys (
  name text primary key,
  data_key text not null,
  created_at timestamptz not null
);

-- All living data keys wrapped anew under the epoch that is current then. Not before `start_at`: until then some process may not know the epoch.
create table rewraps (
  id uuid primary key,
  requested_by text not null,
  start_at timestamptz not null,
  keys_total integer,
  keys_done integer not null default 0,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index rewraps_open on rewraps (start_at) where finished_at is null;

-- Final cases whose content is still there: what retention looks at. Of columns that hardly change, so that an update of a case touches no index.
create index cases_with_content on cases (opened_at, case_number) where final and erased_at is null;

-- What this node asked others about bytes that both hold, and was asked (ADR 0023): the exact signed texts, which hold no personal data and stay.
-- `next_at`: of its own, when it is sent (again); of one answered `held`, when it is asked anew. `held_until`, `basis`: as the answer says.
-- No reference to `cases`: what is asked about a case that never came here is answered too.
create table content_requests (
  jti uuid not null,
  iss text not null,
  aud text not null,
  act text not null check (act in ('erase', 'recall')),
  case_number text not null,
  document text,
  reason text not null,
  request text not null,
  digest text not null,
  created_at timestamptz not null,
  attempts integer not null default 0,
  next_at timestamptz,
  answer text,
  answer_digest text,
  outcome text check (outcome in ('erased', 'held', 'recalled', 'refused')),
  outcome_reason text,
  at timestamptz,
  held_until timestamptz,
  basis text,
  answered_at timestamptz,
  primary key (jti, iss)
);
create index content_requests_by_case on content_requests (case_number);
create index content_requests_due on content_requests (next_at) where next_at is not null;
-- One question at a time.
create unique index content_requests_open on content_requests (iss, aud, case_number, act, coalesce(document, '')) where answer is null;

-- Recalled documents whose bytes are blocked, and still there.
create index documents_recalled on documents (recalled_at) where recalled_at is not null and message is not null;
