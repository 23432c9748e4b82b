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
