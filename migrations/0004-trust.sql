-- Trust (protocol.md section 3): every registry and key manifest that was verified here, for ever. A file that was exchanged for an older one
-- is compared with these, so a restart rolls nothing back, and what was signed under a key of long ago can still be verified.

-- `digest` over the JWS signing input, as in the log's entry `registry`; `token`: the exact text.
create table registries (
  version integer primary key,
  digest text not null,
  token text not null,
  at timestamptz not null
);

create table manifests (
  region text not null,
  version integer not null,
  digest text not null,
  token text not null,
  at timestamptz not null,
  primary key (region, version)
);
