// What a server of PostHog's must understand, and say.

export const name = 'PostHog'
export const packageName = 'posthog-js'

/** A batch as JSON, or as a form whose `data` is base64 of it, as its beacons are. */
export function read({ body }) {
  const text = body.startsWith('data=')
    ? Buffer.from(new URLSearchParams(body).get('data'), 'base64').toString('utf8')
    : body
  const batch = JSON.parse(text)
  const events = Array.isArray(batch) ? batch : (batch.batch ?? [batch])
  return events.map(({ uuid, properties }) => ({ sdkId: uuid, id: properties?.id }))
}

export const answer = '{"status":"Ok"}'
