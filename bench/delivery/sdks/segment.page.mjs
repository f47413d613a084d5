// Segment as it is by default: a request for each event, and a queue in localStorage at exit. Settings are given, not fetched.
import { AnalyticsBrowser } from '@segment/analytics-next'

let analytics

export async function start(collector) {
  analytics = AnalyticsBrowser.load(
    {
      writeKey: 'bench',
      cdnSettings: { integrations: { 'Segment.io': { apiKey: 'bench' } }, metrics: { sampleRate: 0 } },
    },
    {
      integrations: {
        'Segment.io': {
          apiHost: `${new URL(collector).host}/v1`,
          protocol: 'http',
        },
      },
    },
  )
  await analytics.ready()
}

export function track({ id, source, position, note }) {
  analytics.track('like', { content_type: 'post', content_id: '42', source, position, id, ...note })
}
