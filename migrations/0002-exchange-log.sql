-- The exchange log (protocol.md section 4). Three logins use it (packages/exchange/src/db/grant-logins.ts): the application writes into
-- `log_pending` alone, the sequencer gives entries their place, and nobody updates or deletes one.

-- `entry`: the exact bytes of the leaf, RFC 8785 text.
alter table log_pending alter column entry type text using entry::text;
-- What does not fit into an entry bundle could never be given a place.
alter table log_pending add constraint log_pending_entry_size check (octet_length(entry) <= 65535);
-- A queue: its rows live for a moment, and what is gone must not be read over.
alter table log_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- `index`: place in the log of that epoch. The columns before `entry` are read out of it, for look-ups; what counts is `entry`.
create table log_entries (
  index bigint not null,
  epoch smallint not null,
  at timestamptz not null,
  kind text not null,
  peer text,
  procedure text,
  case_number text,
  jti uuid,
  digest text,
  entry text not null,
  primary key (index, epoch)
);
create index log_entries_by_jti on log_entries (jti) where jti is not null;
create index log_entries_by_case on log_entries (case_number, index) where case_number is not null;
-- Entries come nearly in the order of their times: a few bytes for thousands of rows.
create index log_entries_by_time on log_entries using brin (at) with (pages_per_range = 32);
-- Who read our data: the newest first.
create index log_entries_reads on log_entries (at desc, epoch desc, index desc) where kind = 'access.read';
-- Only ever asked whether it is one of some; in no order, so hashes of it do, in a third of the work and half of the room.
create index log_entries_by_digest on log_entries using hash (digest) where digest is not null;

-- Also for the owner: whoever alters the past has to take this away first, and the witnesses still know.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the exchange log are never changed (%)', tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger entries_are_kept before update or delete or truncate on log_entries for each statement execute function refuse_change();

-- One log per epoch; the newest is the live one. `range`: compact range of the tree. `size` is the sequencer's fence.
create table log_heads (
  epoch smallint primary key,
  origin text not null unique,
  size bigint not null,
  range bytea not null,
  closed_at timestamptz
);

-- Hashes of a tile one after the other; a partial tile is widened by appending.
create table log_tiles (
  epoch smallint not null,
  level smallint not null,
  index bigint not null,
  hashes bytea not null,
  primary key (epoch, level, index)
);
alter table log_tiles alter column hashes set storage external;
-- The last tile of each level is written with every batch.
alter table log_tiles set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000);

-- `note`: signed by the log; `witnessed`: the same with the cosignatures of a quorum.
create table log_checkpoints (
  epoch smallint not null,
  size bigint not null,
  at timestamptz not null,
  note text not null,
  witnessed text,
  witnessed_at timestamptz,
  primary key (epoch, size)
);

-- What this node cosigned for the logs of others: it never signs a second history, nor one that is shorter.
create table witnessed_heads (
  origin text primary key,
  size bigint not null,
  root bytea not null,
  checkpoint text not null,
  at timestamptz not null
);
