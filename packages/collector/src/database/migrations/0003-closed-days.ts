// What a closed day leaves behind when its raw events are gone. Rows are for signed-in viewers and others apart: no viewer
// key is ever both, so the two add up. `*` is the type of all types together.
import { sql, type Kysely, type Migration } from 'kysely'

const statements = [
  // The first shape of these two was never written to.
  `drop table content_days`,
  `drop table site_days`,

  `create table closed_days (
    day date primary key,
    closed_at timestamptz not null,
    checked_at timestamptz not null,
    events bigint not null,
    difference bigint not null,
    compare_keys text[] not null
  )`,

  // Ingest adds a row a group and never waits for one: closing a day deletes those whose events it has counted.
  `create table late_days (
    day date not null,
    noted uuid not null,
    primary key (day, noted)
  )`,

  // Narrow, because rankings read many of them; what is wide is beside it.
  `create table content_days (
    content_key bigint not null,
    day date not null,
    count bigint not null,
    duration_ms bigint not null,
    duration_n bigint not null,
    viewers integer not null,
    skipped integer not null,
    partial integer not null,
    completed integer not null,
    authenticated boolean not null,
    type text not null,
    primary key (content_key, day, type, authenticated)
  )`,
  // Rankings take the first of each day and stop when nothing behind them can matter.
  `create index content_days_most on content_days (day, type, authenticated, count)`,
  `create index content_days_viewers on content_days (day, authenticated, viewers) where type = '*'`,
  `create table content_day_details (
    content_key bigint not null,
    day date not null,
    authenticated boolean not null,
    type text not null,
    sketch bytea,
    breakdowns jsonb not null,
    primary key (content_key, day, type, authenticated)
  )`,
  `create index content_day_details_time on content_day_details (day)`,

  `create table site_days (
    day date not null,
    count bigint not null,
    duration_ms bigint not null,
    duration_n bigint not null,
    viewers integer not null,
    skipped integer not null,
    partial integer not null,
    completed integer not null,
    authenticated boolean not null,
    type text not null,
    sketch bytea,
    breakdowns jsonb not null,
    primary key (day, type, authenticated)
  )`,
  `create table site_hours (
    hour timestamptz not null,
    count bigint not null,
    duration_ms bigint not null,
    duration_n bigint not null,
    authenticated boolean not null,
    type text not null,
    primary key (hour, type, authenticated)
  )`,

  `create table viewer_days (
    viewer_key bigint not null,
    day date not null,
    first_day date not null,
    impressions integer not null,
    views integer not null,
    watches integer not null,
    clicks integer not null,
    likes integer not null,
    shares integer not null,
    page_views integer not null,
    custom integer not null,
    user_id text,
    primary key (viewer_key, day)
  )`,
  `create index viewer_days_time on viewer_days (day)`,
  `create index viewer_days_users on viewer_days (day) where user_id is not null`,
  `create table cohort_days (
    first_day date not null,
    day date not null,
    authenticated boolean not null,
    viewers integer not null,
    primary key (first_day, day, authenticated)
  )`,

  `create table variant_days (
    day date not null,
    name text not null,
    value text not null,
    type text not null,
    authenticated boolean not null,
    count bigint not null,
    primary key (day, name, value, type, authenticated)
  )`,
]

export const closedDays: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
