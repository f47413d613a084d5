// What a server of Snowplow's must understand, and say.

export const name = 'Snowplow'
export const packageName = '@snowplow/browser-tracker'

export function read({ body }) {
  return JSON.parse(body).data.map(({ eid, ue_pr: event }) => ({
    sdkId: eid,
    id: event && JSON.parse(event).data.data.id,
  }))
}

export const answer = 'ok'
