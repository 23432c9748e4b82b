-- Witnesses of the log, its seal and its successors, and the promises of peers (protocol.md section 4).

-- What each witness has cosigned of this node's log. `size`, `note`: its newest, null until it has cosigned one. `answered_at`: when it
-- answered last, whatever it said.
create table log_witnesses (
  epoch smallint not null,
  witness text not null,
  size bigint,
  note text,
  cosigned_at timestamptz,
  answered_at timestamptz not null,
  primary key (epoch, witness)
);

-- A log that a witness contradicted. Never undone: the next epoch takes its place.
create table log_seals (
  epoch smallint primary key,
  at timestamptz not null,
  witness text not null,
  why text not null check (why in ('witness-ahead', 'other-history')),
  evidence json not null
);

-- Looked for by every process once a second.
create index alerts_log_damaged on alerts (at) where kind = 'log.damaged' and acknowledged_at is null;

-- An operator's decision to open this epoch; `decision`: digest over the others, as it stands in entry 0 of the new log.
create table log_successors (
  epoch smallint primary key,
  origin text not null,
  client text not null,
  reason text not null,
  at timestamptz not null,
  decision text not null
);

create index log_checkpoints_witnessed on log_checkpoints (epoch, size desc) where witnessed is not null;

-- One per receipt that promises an entry in the peer's log. `proven_size`: of the witnessed tree that held all of its messages. `missed_*`:
-- the first witnessed head after the promise was due that did not hold them, and when it was seen: entries that waited, because the peer was
-- down or its log sealed, may have their place in the next.
create table promises (
  receipt text primary key,
  peer text not null,
  origin text not null,
  due_at timestamptz not null,
  state text not null check (state in ('open', 'kept', 'broken')),
  next_at timestamptz not null,
  attempts integer not null,
  checked_at timestamptz,
  proven_size bigint,
  missed_log text,
  missed_size bigint,
  missed_at timestamptz
);
create index promises_open on promises (next_at) where state = 'open';
