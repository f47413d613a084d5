// Traffic that was never sent: written into the tables in SQL, as ingest would have left it there.

/** A share of all events. Few contents get most of them, as everywhere. */
const typeOf = `case when t < 0.6 then 1 when t < 0.75 then 2 when t < 0.83 then 4 when t < 0.89 then 3
  when t < 0.94 then 5 when t < 0.95 then 6 else 7 end`

/** First 63 bits of SHA-256 over type and id, as `content-key.ts` makes them. */
const keyOf = (type, id) =>
  `((('x' || encode(substring(sha256(convert_to('${type}', 'UTF8') || '\\x00'::bytea || convert_to(${id}, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint >> 1) & 9223372036854775807)`

/**
 * @param query runs one statement
 * @param days UTC days, oldest first; the last is today and ends at `untilMs`
 */
export async function writeTraffic(query, { events, contents, viewers, days, untilMs, onProgress }) {
  await query(`insert into content (content_key, type, id, title, published_at, registered)
    select ${keyOf('post', 'i::text')}, 'post', i::text, 'Post ' || i, now() - random() * interval '60 days', true
    from generate_series(0, ${contents - 1}) i`)
  await query(`insert into content (content_key, type, id)
    select ${keyOf('page', "'/p/' || i")}, 'page', '/p/' || i from generate_series(0, 499) i`)
  await query(`create table bench_contents as select row_number() over (order by random()) - 1 as at, content_key
    from content where type = 'post'`)
  await query('alter table bench_contents add primary key (at)')
  await query(
    `create table bench_pages as select row_number() over () - 1 as at, content_key from content where type = 'page'`,
  )
  await query('alter table bench_pages add primary key (at)')

  const perDay = Math.floor(events / days.length)
  for (const day of days) {
    const startMs = Date.parse(`${day}T00:00:00Z`)
    const seconds = Math.min(86_400, (untilMs - startMs) / 1_000)
    await query(`create table if not exists events_${day.replaceAll('-', '')} partition of events
      for values from ('${day}') to ('${new Date(startMs + 86_400_000).toISOString().slice(0, 10)}')`)
    await query(`insert into events (content_key, viewer_key, event_id, occurred_at, received_at, event_day, duration_ms,
        media_duration_ms, position, type, channel, device, source, view_type, country, referrer_domain, user_id, metadata)
      select coalesce(c.content_key, p.content_key),
        (('x' || md5('viewer ' || viewer))::bit(64)::bigint >> 1) & 9223372036854775807, gen_random_uuid(), drawn.at, drawn.at, '${day}',
        case when type in (2, 3) then (random() ^ 2 * 120000)::integer end, case when type = 3 then 60000 end,
        case when type in (1, 4) then (random() * 30)::integer end, type, 1, 1 + (viewer % 3),
        (array['feed', 'search', 'profile', 'explore'])[1 + (viewer + place) % 4],
        case when type = 2 then (array['listing', 'intentional'])[1 + viewer % 2] end,
        (array['DE', 'US', 'NP', 'FR', 'IN', 'BR', 'JP', 'GB'])[1 + viewer % 8],
        case when viewer % 5 = 0 then 'site' || (place % 200) || '.example' end,
        case when viewer % 10 < 3 then 'user ' || viewer end,
        case when viewer % 4 = 0 then jsonb_build_object('variant', (array['a', 'b'])[1 + viewer / 4 % 2]) end
      from (
        select timestamptz '${new Date(startMs).toISOString()}' + random() * ${seconds} * interval '1 second' as at,
          ${typeOf} as type, floor(random() ^ 3 * ${contents})::bigint as place, floor(random() ^ 2 * ${viewers})::bigint as viewer
        from (select random() as t from generate_series(1, ${perDay})) each
        order by 1
      ) drawn
      left join bench_contents c on drawn.type <> 7 and c.at = drawn.place
      left join bench_pages p on drawn.type = 7 and p.at = drawn.place % 500
      order by drawn.at`)
    onProgress(day)
  }

  await query(`insert into content_hours (content_key, hour, type, authenticated, count, duration_ms, duration_n)
    select content_key, date_trunc('hour', occurred_at), (array['impression', 'view', 'watch', 'click', 'like', 'share', 'page_view'])[type],
      user_id is not null, count(*), coalesce(sum(duration_ms), 0), count(duration_ms)
    from events group by 1, 2, 3, 4 order by 2`)
  await query(`insert into positions (source, position, day, impressions, clicks)
    select source, position, (occurred_at at time zone 'UTC')::date, count(*) filter (where type = 1), count(*) filter (where type = 4)
    from events where position is not null group by 1, 2, 3`)
  await query('drop table bench_contents, bench_pages')
}
