// Every table of the collector. Runs unchanged on PostgreSQL >= 15, PGlite and a sharded PostgreSQL: primary keys are
// inline and hold the distribution and the partition column; no extension, trigger, sequence or session lock is needed.
import { sql, type Kysely, type Migration } from 'kysely'

const statements = [
  // Columns are ordered by width, so that no padding is stored between them; words that repeat are numbers of codes.ts.
  `create table events (
    content_key bigint not null,
    viewer_key bigint not null,
    event_id uuid not null,
    session_id uuid,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    event_day date not null,
    seq integer,
    duration_ms integer,
    total_ms integer,
    stall_ms integer,
    media_duration_ms integer,
    pip_ms integer,
    min_duration_ms integer,
    flags integer not null default 0,
    position integer,
    scroll_depth smallint,
    ratio smallint,
    threshold smallint,
    confirm_lag_ms smallint,
    type smallint not null,
    channel smallint not null,
    device smallint not null,
    end_reason smallint,
    counted boolean not null default true,
    custom_type text,
    source text,
    view_type text,
    country text,
    referrer_domain text,
    user_id text,
    metadata jsonb,
    primary key (content_key, event_id, event_day)
  ) partition by range (event_day)`,
  // Ids that carry no usable day meet here, always: a retry must find its first copy. See decision 0002.
  `create table events_undated partition of events for values from ('1970-01-01') to ('1970-01-02')`,
  // By viewer alone: equal keys are stored once, which the time behind them would prevent. See decision 0005.
  `create index events_viewer on events (viewer_key)`,
  `create index events_time on events using brin (occurred_at)`,

  `create table content (
    content_key bigint primary key,
    type text not null,
    id text not null,
    owner_id text,
    visibility text not null default 'public' check (visibility in ('public', 'private')),
    duration_ms integer,
    published_at timestamptz,
    title text,
    registered boolean not null default false
  )`,
  // Ingest asks every few seconds whether there is a catalogue at all.
  `create index content_registered on content (content_key) where registered`,

  `create table content_hours (
    content_key bigint not null,
    hour timestamptz not null,
    type text not null,
    authenticated boolean not null,
    count bigint not null,
    duration_ms bigint not null,
    duration_n bigint not null,
    primary key (content_key, hour, type, authenticated)
  ) with (fillfactor = 80)`,
  `create index content_hours_time on content_hours (hour, type)`,

  ...['content', 'site'].map(
    (scope) => `create table ${scope}_days (
    ${scope === 'content' ? 'content_key bigint not null,' : ''}
    day date not null,
    type text not null,
    count bigint not null,
    count_authenticated bigint not null,
    viewers integer not null,
    viewers_authenticated integer not null,
    sketch bytea,
    duration_ms bigint not null,
    duration_n bigint not null,
    skipped integer not null,
    partial integer not null,
    completed integer not null,
    breakdowns jsonb not null,
    ${scope === 'site' ? 'closed_at timestamptz not null,' : ''}
    primary key (${scope === 'content' ? 'content_key, ' : ''}day, type)
  )`,
  ),
  `create index content_days_time on content_days (day, type)`,

  `create table positions (
    source text not null,
    position integer not null,
    day date not null,
    impressions bigint not null,
    clicks bigint not null,
    primary key (source, position, day)
  ) with (fillfactor = 80)`,

  `create table recent_views (
    viewer_key bigint not null,
    content_key bigint not null,
    viewed_at timestamptz not null,
    duration_ms integer,
    views integer not null,
    primary key (viewer_key, content_key)
  ) with (fillfactor = 80)`,
  `create index recent_views_newest on recent_views (viewer_key, viewed_at desc)`,

  // The time around every counted view of a viewer and a content, in milliseconds since 1970.
  `create table view_gates (
    content_key bigint not null,
    viewer_key bigint not null,
    counted_at bigint not null,
    taken int8multirange not null,
    primary key (content_key, viewer_key)
  ) with (fillfactor = 80)`,
  `create table opt_outs (viewer_key bigint primary key, opted_out_at timestamptz not null)`,
  `create table salts (day date primary key, salt bytea not null)`,
  `create table job_leases (
    job text primary key,
    holder text,
    fence bigint not null,
    expires_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    last_error text
  )`,
  `create table dead_letters (
    event_id uuid primary key,
    received_at timestamptz not null,
    viewer_key bigint not null,
    user_id text,
    code text not null,
    message text not null,
    event text not null,
    stored_as text not null
  )`,
  `create index dead_letters_received on dead_letters (received_at)`,
  `create table outcomes (
    day date not null,
    outcome text not null,
    reason text not null,
    count bigint not null,
    primary key (day, outcome, reason)
  )`,
  `create table admin_tokens (
    token_hash bytea primary key,
    name text not null,
    created_at timestamptz not null,
    revoked_at timestamptz
  )`,

  `create view event_log as
    select e.content_key, c.type as content_type, c.id as content_id, c.title, e.event_id,
           case e.type when 0 then e.custom_type when 1 then 'impression' when 2 then 'view' when 3 then 'watch'
             when 4 then 'click' when 5 then 'like' when 6 then 'share' when 7 then 'page_view' end as type,
           e.occurred_at, e.received_at, e.viewer_key, e.user_id, e.session_id, e.seq, e.source, e.view_type, e.position,
           e.duration_ms, e.total_ms, e.stall_ms, e.media_duration_ms, e.pip_ms, e.scroll_depth, e.ratio, e.threshold,
           e.min_duration_ms, e.confirm_lag_ms,
           case e.end_reason when 1 then 'left' when 2 then 'hidden' when 3 then 'pagehide' when 4 then 'frozen'
             when 5 then 'removed' when 6 then 'recycled' when 7 then 'route' when 8 then 'session'
             when 9 then 'untracked' when 10 then 'closed' when 11 then 'ended' end as end_reason,
           case e.channel when 0 then 'api' when 1 then 'sdk' end as channel,
           case e.device when 0 then 'other' when 1 then 'desktop' when 2 then 'mobile' when 3 then 'tablet'
             when 4 then 'bot' end as device,
           e.country, e.referrer_domain, e.counted, e.flags, e.metadata, e.event_day
    from events e left join content c on c.content_key = e.content_key`,
]

export const firstTables: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
