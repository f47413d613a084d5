// Snowplow by POST with keepalive and batches; its queue is in localStorage by default.
import { newTracker, trackSelfDescribingEvent } from '@snowplow/browser-tracker'

export function start(collector) {
  newTracker('sp', collector, {
    appId: 'bench',
    eventMethod: 'post',
    keepalive: true,
    bufferSize: 10,
    encodeBase64: false,
  })
}

export function track({ id, source, position, note }) {
  trackSelfDescribingEvent({
    event: {
      schema: 'iglu:bench/like/jsonschema/1-0-0',
      data: { content_type: 'post', content_id: '42', source, position, id, ...note },
    },
  })
}
