// What a server of Amplitude's must understand, and say.

export const name = 'Amplitude'
export const packageName = '@amplitude/analytics-browser'

export function read({ body }) {
  return JSON.parse(body).events.map(({ insert_id, event_properties }) => ({
    sdkId: insert_id,
    id: event_properties?.id,
  }))
}

/** It reads the code in the body rather than the status. */
export const answer = '{"code":200}'
