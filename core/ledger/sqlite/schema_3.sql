-- The ledger, from schema 2 to 3: under which grants a rollout was driven last, so that whoever lost his can't write about it.

ALTER TABLE rollouts ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
