-- The ledger, schema 1. Times are milliseconds since 1970 in UTC; digests are "sha256:<hex>", empty where there is none.

CREATE TABLE rollouts (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which they were begun here
  id           TEXT NOT NULL UNIQUE,
  service      TEXT NOT NULL,
  environment  TEXT NOT NULL,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL,
  version      TEXT NOT NULL,
  release_json TEXT NOT NULL,
  release      TEXT NOT NULL,
  commit_id    TEXT NOT NULL,
  previous     TEXT NOT NULL,
  user         TEXT NOT NULL,
  host         TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  pid_start    INTEGER NOT NULL,
  boot_id      TEXT NOT NULL,
  started      INTEGER NOT NULL,
  ended        INTEGER NOT NULL,
  summary_json TEXT NOT NULL,
  reason       TEXT NOT NULL
);
CREATE INDEX rollouts_of_service ON rollouts (service, environment, started);

CREATE TABLE events (
  rollout TEXT NOT NULL REFERENCES rollouts (id),
  seq     INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  json    TEXT NOT NULL,
  PRIMARY KEY (rollout, seq)
) WITHOUT ROWID;

-- A target is named once in a fleet, whatever its region: one that was moved to another region keeps its baseline.
CREATE TABLE baselines (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  service     TEXT NOT NULL,
  environment TEXT NOT NULL,
  region      TEXT NOT NULL,
  target      TEXT NOT NULL,
  folder      TEXT NOT NULL,
  release     TEXT NOT NULL,
  artifact    TEXT NOT NULL,
  version     TEXT NOT NULL,
  UNIQUE (service, environment, target)
);

-- A release's digest doesn't cover its version, so one digest may stand under several.
CREATE TABLE releases (
  service      TEXT NOT NULL,
  environment  TEXT NOT NULL,
  release      TEXT NOT NULL,
  version      TEXT NOT NULL,
  release_json TEXT NOT NULL,
  made         INTEGER NOT NULL,
  PRIMARY KEY (service, environment, release, version)
);
CREATE INDEX releases_by_digest ON releases (release, made);
