-- The spine: cases, documents, outbox, inbox, receipts, effects, tasks, settlement entries, events,
-- pending log entries, idempotency, audit. Every instant is timestamptz, every digest base64url text (protocol.md section 1).
-- Tables that grow with every message are range-partitioned on the UUIDv7 `jti`, so that unique (iss, jti) holds;
-- partitions per year are made at start and by the nightly job, and what no partition holds goes to the default one.

-- `participants`: [{region, role, agency}]; roles are plural: the owner first, then one or more counterparties.
-- `replay_at`: documents came back that nobody has replayed yet; from then on the sweep does it.
-- `restricted`: only who has this scope of the procedure sees the case (violation-notice: suspected).
-- `data_key`: seals what the case's documents, effects and drafts say (ADR 0020); null once it is destroyed (`erased_at`).
-- Rows that change with every step leave room on their page (fillfactor), so that an update touches no index.
create table cases (
  case_number text primary key,
  procedure text not null,
  version integer not null,
  owner text not null,
  role text not null,
  agency text not null,
  participants json not null,
  agreement text not null,
  deadline_rules integer not null,
  state text not null,
  final boolean not null,
  ball_holder text,
  due date,
  effective_until date,
  restricted text,
  etag text not null,
  opened_at timestamptz not null,
  updated_at timestamptz not null,
  replay_at timestamptz,
  data_key text,
  blocked_at timestamptz,
  erased_at timestamptz
) with (fillfactor = 60);
-- Without the case number, by which the planner would take this index for what the primary key is there for (skip scans).
create index cases_by_agency on cases (agency, opened_at desc);
create index cases_to_replay on cases (replay_at) where replay_at is not null;

-- `message` holds the exact bytes that were signed, sealed under the data key of the case; null where this node refused them (it keeps no content).
-- `status`: held; refused (the receiver signed a refusal); cancelled (never sent: it descends from a refused document).
-- `received_at` is what the receipt says, null until the receipt is known here. `recalled_at`: its author took the bytes back and the receiver confirmed.
create table documents (
  jti uuid not null,
  iss text not null,
  aud text not null,
  digest text not null,
  case_number text not null,
  document text not null,
  from_agency text not null,
  to_agency text not null,
  issued_at timestamptz not null,
  received_at timestamptz,
  recalled_at timestamptz,
  seen text[] not null,
  answers text,
  status text not null check (status in ('held', 'refused', 'cancelled')),
  refusal text,
  message text,
  standing text not null,
  standing_reason json,
  stored_at timestamptz not null,
  primary key (jti, iss)
) partition by range (jti);
create index documents_by_case on documents (case_number);
-- The bytes never change while the row does: they stay out of it, and base64 is not worth compressing. All else of a row stays in it: below
-- the target PostgreSQL would move digests and numbers out as well, one by one, and fetch each of them again for every look.
alter table documents alter column message set storage external;
create table documents_default partition of documents default with (fillfactor = 60, toast_tuple_target = 512);

-- What is to be delivered. `split` halves the batch size each time a request fails again with the same answer, so that
-- one poisonous message cannot hold up the others. `sent_at`: the first time the bytes may have left the node.
-- `receipt`, `leaf_index`, `path`: the message's own proof in the tree of the receipt, once it is answered (see the view `places`).
create table outbox (
  jti uuid not null,
  sequence bigint generated always as identity,
  digest text not null,
  peer text not null,
  case_number text not null,
  state text not null check (state in ('pending', 'delivered', 'refused', 'cancelled')),
  attempts integer not null default 0,
  deferrals integer not null default 0,
  next_attempt_at timestamptz not null,
  lease uuid,
  lease_until timestamptz,
  split smallint not null default 0,
  bytes integer not null,
  last_failure text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  answered_at timestamptz,
  receipt text,
  leaf_index integer,
  path text,
  primary key (jti)
) partition by range (jti);
create index outbox_pending on outbox (peer, sequence) where state = 'pending';
create index outbox_by_case on outbox (case_number, sequence) where state = 'pending';
create index outbox_by_receipt on outbox (receipt) where receipt is not null;
create index outbox_not_delivered on outbox (jti desc) where state in ('refused', 'cancelled');
create table outbox_default partition of outbox default with (fillfactor = 60);

-- Failed attempts, newest last; the successful one is the outbox row itself.
create table delivery_attempts (
  jti uuid not null,
  attempt integer not null,
  at timestamptz not null,
  cause text not null,
  http_status integer,
  batch integer not null,
  primary key (jti, attempt)
);

-- What has arrived: the replay key (iss, jti) for ever. A repeated jti with other bytes has a row of its own (first = false).
-- Nothing arrives without an answer: `receipt`, `leaf_index`, `path` say which, and prove it.
create table inbox (
  jti uuid not null,
  iss text not null,
  digest text not null,
  first boolean not null,
  case_number text,
  status text not null check (status in ('accepted', 'refused')),
  reason text,
  received_at timestamptz not null,
  receipt text not null,
  leaf_index integer not null,
  path text not null,
  applied_at timestamptz,
  apply_attempts integer not null default 0,
  next_apply_at timestamptz,
  primary key (jti, iss, digest)
) partition by range (jti);
create unique index inbox_replay_key on inbox (iss, jti) where first;
create index inbox_unapplied on inbox (next_apply_at) where applied_at is null;
create index inbox_by_receipt on inbox (receipt);
create index inbox_by_case on inbox (case_number) where applied_at is null;
create table inbox_default partition of inbox default with (fillfactor = 60);

-- Signed receipts, issued and received alike; `iss` is who signed.
create table receipts (
  digest text primary key,
  iss text not null,
  aud text not null,
  jti uuid not null,
  receipt text not null,
  received_at timestamptz not null,
  size integer not null,
  root text not null,
  stored_at timestamptz not null
);
create index receipts_by_time on receipts (received_at desc, digest);

-- The place of each message in the tree of its receipt: its own constant-size proof, whichever side it came from. It lies in the rows of
-- inbox and outbox, which are written anyway; `path` there: the hashes with dots between them.
create view places as
  select jti, iss, digest, status, reason, receipt, leaf_index, string_to_array(path, '.') as path from inbox
  union all
  select o.jti, d.iss, o.digest, case o.state when 'refused' then 'refused' else 'accepted' end, d.refusal, o.receipt, o.leaf_index,
      string_to_array(o.path, '.')
    from outbox o join documents d on d.jti = o.jti and d.digest = o.digest where o.receipt is not null;

-- Two texts under one (iss, jti): both kept for thirty days for the security officer, sealed under keys of their own.
create table quarantine (
  iss text not null,
  jti uuid not null,
  digest text not null,
  message text not null,
  data_key text not null,
  stored_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (iss, jti, digest)
);

-- Consequences on this side, written as the difference between wanted and stored rows under the case lock. `data`: JSON, sealed under the
-- data key of the case; look-up keys here and everywhere are a keyed blind index (`Vault.lookupKey`).
create table effects (
  case_number text not null references cases,
  digest text not null,
  key text not null,
  kind text not null,
  register text,
  lookup_key text,
  data text not null,
  created_at timestamptz not null,
  primary key (case_number, digest, key)
);
create index effects_by_lookup on effects (register, lookup_key) where register is not null;

-- Unique on this node: at most one case holds a claim.
create table claims (
  lookup_key text primary key,
  case_number text not null references cases deferrable initially deferred,
  digest text not null,
  key text not null
);
create index claims_by_case on claims (case_number);

create table settlement_entries (
  case_number text not null references cases,
  digest text not null,
  key text not null,
  agency text not null,
  insurance_type text not null,
  payer text not null,
  payee text not null,
  pool_yuan text not null,
  personal_yuan text not null,
  total_yuan text not null,
  completed_on date not null,
  created_at timestamptz not null,
  primary key (case_number, digest, key)
);

-- `draft`: JSON, sealed under the data key of the case.
create table tasks (
  id uuid primary key,
  case_number text not null,
  digest text not null,
  key text not null,
  agency text not null,
  title json not null,
  document text,
  draft text,
  note json,
  state text not null check (state in ('open', 'closed')),
  created_at timestamptz not null,
  closed_at timestamptz,
  unique (case_number, digest, key)
);
create index tasks_open on tasks (agency, id) where state = 'open';

-- Acts that leave the node (an automatic answer, later a webhook): done once, never recalled.
create table acts (
  case_number text not null references cases,
  digest text not null,
  act text not null,
  done_at timestamptz not null,
  primary key (case_number, digest, act)
);

-- What local systems are told (webhooks and event streams read it). `xid`: a reader takes only rows below
-- pg_snapshot_xmin, so that a late commit is never skipped.
create table events (
  id uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  type text not null,
  case_number text not null,
  digest text,
  agency text not null,
  at timestamptz not null,
  primary key (xid, id)
);
create index events_by_case on events (case_number);

create table log_pending (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  kind text not null,
  entry json not null
);

create table idempotency (
  client text not null,
  key text not null,
  fingerprint text not null,
  case_number text,
  jti uuid,
  result json,
  created_at timestamptz not null,
  primary key (client, key)
);
create index idempotency_by_age on idempotency (created_at);
-- Takes a key until the transaction ends and answers what was finished under it before. The row is read by a statement of its own, whose
-- snapshot is taken behind the lock: what the last holder committed is seen.
create function take_idempotency_key(of_client text, of_key text)
returns table (taken boolean, fingerprint text, case_number text, jti uuid, result json) language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended(of_client || ' ' || of_key, 0)) then
    return query select false, null::text, null::text, null::uuid, null::json;
    return;
  end if;
  return query select true, i.fingerprint, i.case_number, i.jti, i.result
    from (select 1) as one left join idempotency i on i.client = of_client and i.key = of_key;
end $$;

create table audit (
  id uuid primary key,
  at timestamptz not null,
  client text not null,
  role text not null,
  agency text,
  actor text,
  action text not null,
  case_number text,
  subject text
);
create index audit_by_case on audit (case_number) where case_number is not null;

-- What an operator must look at: forks, reused ids, broken receipts, long deferrals, clock skew.
create table alerts (
  id uuid primary key,
  at timestamptz not null,
  kind text not null,
  key text not null unique,
  peer text,
  case_number text,
  jti uuid,
  detail json not null,
  acknowledged_at timestamptz,
  acknowledged_by text
);

-- `failures` in a row; from the third on the circuit is open until `open_until`, when one message probes it.
-- `probed`: place in the outbox of the message that probed last, so that the next probe is another one.
create table peers (
  region text primary key,
  paused boolean not null default false,
  paused_by text,
  paused_at timestamptz,
  failures integer not null default 0,
  open_until timestamptz,
  probed bigint not null default 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_failure text
);

-- Signed requests other than messages are answered once (protocol.md section 2).
create table request_ids (
  iss text not null,
  jti uuid not null,
  at timestamptz not null,
  primary key (iss, jti)
);

-- `data`: JSON, sealed under the record's own `data_key`.
create table register_records (
  register text not null,
  key text not null,
  agency text not null,
  data text not null,
  data_key text not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (register, key)
);
create index register_records_by_agency on register_records (register, agency, key);
create table register_lookups (
  register text not null,
  lookup_key text not null,
  key text not null,
  primary key (register, lookup_key, key),
  foreign key (register, key) references register_records on delete cascade
);
create index register_lookups_by_record on register_lookups (register, key);

-- `body` is kept until the row is done or failed, so that a killed import goes on where it was; then it is erased. It is sealed under the
-- `data_key` of its import, which ends with it.
-- `attempts`: how often a row could not be judged; a row that never can be must not hold up its import for ever.
create table imports (
  id uuid primary key,
  target text not null,
  client text not null,
  agency text not null,
  scopes text[] not null,
  actor text,
  state text not null check (state in ('queued', 'running', 'done')),
  rows_total integer not null,
  rows_done integer not null default 0,
  rows_failed integer not null default 0,
  created_at timestamptz not null,
  finished_at timestamptz,
  data_key text
);
create index imports_open on imports (id) where state <> 'done';
create table import_rows (
  import_id uuid not null references imports on delete cascade,
  line integer not null,
  state text not null check (state in ('queued', 'done', 'failed')),
  body text,
  attempts smallint not null default 0,
  result text,
  errors json,
  primary key (import_id, line)
);

create table reconciliations (
  id uuid primary key,
  peer text not null,
  requested_by text not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  from_day date not null,
  to_day date not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  result json
);
create index reconciliations_by_peer on reconciliations (peer, id desc);

-- Which cases asked a register what (`claims`: which claim another case holds): they are looked at again when that changes.
create table register_questions (
  register text not null,
  lookup_key text not null,
  case_number text not null references cases deferrable initially deferred,
  primary key (register, lookup_key, case_number)
);
