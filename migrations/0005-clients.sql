-- Clients of the local API: who they are, what they may, and what waits for a second administrator.
-- `role` is for life. `asked`: {scopes?, keys?} as they would be afterwards. `keys`: [{kid, x}], public Ed25519 keys.
-- A row is never deleted: its name must not come to mean somebody else.
create table clients (
  client text primary key,
  role text not null check (role in ('officer', 'operator', 'security', 'auditor')),
  agency text check ((role = 'officer') = (agency is not null)),
  scopes text[] not null,
  keys json not null,
  state text not null check (state in ('pending', 'active', 'revoked')),
  version integer not null,
  asked json,
  asked_by text,
  asked_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  approved_at timestamptz,
  approved_by text,
  revoked_at timestamptz,
  revoked_by text
);

-- Client assertions are used once (RFC 7523 section 3); kept until they have expired.
create table used_assertions (
  client text not null,
  jti_digest text not null,
  expires_at timestamptz not null,
  primary key (client, jti_digest)
);
create index used_assertions_by_expiry on used_assertions (expires_at);
