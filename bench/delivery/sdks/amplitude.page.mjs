// Amplitude with its beacon at exit, which its documentation asks the page to set up; its queue is in localStorage by default.
import { flush, init, setTransport, track as send } from '@amplitude/analytics-browser'

export function start(collector) {
  window.addEventListener('pagehide', () => {
    setTransport('beacon')
    flush()
  })
  return init('bench', undefined, {
    serverUrl: `${collector}/2/httpapi`,
    autocapture: false,
    remoteConfig: { fetchRemoteConfig: false },
    enableDiagnostics: false,
    logLevel: 0,
  }).promise
}

export function track({ id, source, position, note }) {
  send('like', { content_type: 'post', content_id: '42', source, position, id, ...note })
}
