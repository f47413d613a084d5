// What forgetting on purpose needs to remember: days whose events are gone, and receipts of erasures.
import { sql, type Kysely, type Migration } from 'kysely'

const statements = [
  // An event of such a day cannot be told from its own repetition any more.
  `create table dropped_days (day date primary key, dropped_at timestamptz not null)`,

  `create table erasures (
    receipt uuid primary key,
    viewer_keys bigint[] not null,
    user_id text,
    requested_by text not null,
    requested_at timestamptz not null,
    finished_at timestamptz,
    events bigint not null default 0,
    recent_views bigint not null default 0,
    viewer_days bigint not null default 0,
    view_gates bigint not null default 0,
    dead_letters bigint not null default 0
  )`,
  `create index erasures_open on erasures (requested_at) where finished_at is null`,
  `create table erased_viewers (viewer_key bigint primary key, erased_at timestamptz not null)`,
]

export const rightsAndRetention: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
