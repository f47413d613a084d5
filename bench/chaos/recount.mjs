// What the tables say after the storm, against what was acknowledged.

/** @returns numbers that must all be 0, and how many rows there are */
export async function recount(query, countersOffBy, acknowledged) {
  const [{ rows, ids }] = await query('select count(*)::int as rows, count(distinct event_id)::int as ids from events')
  const stored = new Set((await query('select event_id::text as id from events')).map(({ id }) => id))
  let lost = 0
  for (const id of acknowledged) if (!stored.has(id)) lost++
  const counters = (await countersOffBy()).length
  const [{ tracked }] = await query(
    `select coalesce(sum(count), 0)::int as tracked from outcomes where outcome = 'tracked'`,
  )
  const [{ buried }] = await query('select count(*)::int as buried from dead_letters')
  return { rows, lost, storedTwice: rows - ids, countersDifferent: counters, outcomesDifferent: tracked - rows, buried }
}
