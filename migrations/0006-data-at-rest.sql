-- Data at rest (ADR 0020): keys of the vault itself, wrapped under the key of an epoch like every data key.

-- `lookup`: the key of the blind index.
create table vault_keys (
  name text primary key,
  data_key text not null,
  created_at timestamptz not null
);
