// What the benchmark knows of Sightline: its requests. They go to the real collector.

export const name = 'Sightline'
export const packageName = '@sightline/sdk'

/** Events of one request: the id that the SDK gave each, and the benchmark's own. */
export function read({ body }) {
  return JSON.parse(body).events.map(({ id, metadata }) => ({ sdkId: id, id: metadata?.id }))
}

/** Only where no real collector is asked: the benchmark of `track()` is about the page. */
export const answer = '{"success":true,"tracked":0,"duplicates":0,"dropped":{},"errors":[]}'
