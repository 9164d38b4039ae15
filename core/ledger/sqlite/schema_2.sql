-- The ledger, from schema 1 to 2: how a rollout was asked for, words to whoever drives it, freezes.

ALTER TABLE rollouts ADD COLUMN order_json TEXT NOT NULL DEFAULT '';

-- Never changed and never removed: who said what to a rollout is its audit.
CREATE TABLE words (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  rollout TEXT NOT NULL REFERENCES rollouts (id),
  word    TEXT NOT NULL,
  wave    TEXT NOT NULL,
  user    TEXT NOT NULL,
  reason  TEXT NOT NULL,
  time    INTEGER NOT NULL
);
CREATE INDEX words_of_rollout ON words (rollout, number);

-- The last word counts.
CREATE TABLE freezes (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  service     TEXT NOT NULL,
  environment TEXT NOT NULL,
  until       INTEGER NOT NULL,  -- 0: lifted
  user        TEXT NOT NULL,
  reason      TEXT NOT NULL,
  time        INTEGER NOT NULL
);
CREATE INDEX freezes_of_service ON freezes (service, environment, number);
