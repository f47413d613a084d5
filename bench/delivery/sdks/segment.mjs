// What a server of Segment's must understand, and say.

export const name = 'Segment'
export const packageName = '@segment/analytics-next'

export function read({ body }) {
  const sent = JSON.parse(body)
  return (sent.batch ?? [sent]).map(({ messageId, properties }) => ({ sdkId: messageId, id: properties?.id }))
}

export const answer = '{"success":true}'
