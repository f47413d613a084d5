// PostHog with everything turned off that is not about events; batching is on by default, queues are in memory only.
import { posthog } from 'posthog-js'

export function start(collector) {
  return new Promise((loaded) => {
    posthog.init('phc_bench', {
      api_host: collector,
      loaded,
      persistence: 'localStorage',
      autocapture: false,
      capture_pageview: false,
      capture_pageleave: false,
      capture_performance: false,
      disable_session_recording: true,
      disable_surveys: true,
      disable_external_dependency_loading: true,
      advanced_disable_flags: true,
      // It would drop what a headless browser sends, and all but 100 events of a burst.
      opt_out_useragent_filter: true,
      rate_limiting: { events_per_second: 100_000, events_burst_limit: 100_000 },
    })
  })
}

export function track({ id, source, position, note }) {
  posthog.capture('like', { content_type: 'post', content_id: '42', source, position, id, ...note })
}
