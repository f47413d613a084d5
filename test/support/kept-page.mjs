// The page that every kept script tag is held to: it records an event of each kind by markup and by calls.

/** Contents that the page records something about, by the type of the event. `view` and `impression` come with the time. */
export const recordedTypes = ['page_view', 'impression', 'view', 'click', 'like', 'share', 'watch', 'signup']

/**
 * @param endpoint origin of the collector
 * @param source names the events of one visit
 * @param attributes further attributes of the script
 */
export const keptPage = (endpoint, source, attributes = '') => `<!doctype html><meta charset="utf-8">
<title>Kept</title><link rel="icon" href="data:,">
<script>
  window.sightline = { q: [] }
  const note = (index) => ({ content: { type: 'post', id: '42' }, source: '${source}', metadata: { index } })
  const call = (...entry) => window.sightline.q.push(entry)
  /** Likes with the numbers from \`from\` up to \`to\`. */
  function like(from, to) {
    for (let index = from; index < to; index++) call('track', 'like', note(index))
  }
  function recordAll() {
    call('track', 'like', note(0))
    call('track', 'share', { ...note(1), metadata: { index: 1, method: 'clipboard', nested: { list: [1, null, 'ü'] } } })
    call('track', 'watch', { ...note(2), content: { type: 'reel', id: '9' }, durationMs: 4200 })
    call('track', 'signup', { source: '${source}', metadata: { index: 3, plan: 'team' } })
  }
</script>
<script defer src="/sightline.js" data-endpoint="${endpoint}" data-flush-interval-ms="600000" ${attributes}></script>
<article data-sightline="post:7" data-sightline-source="${source}" data-sightline-position="3" style="height: 200px">
  <button data-sightline-click>Open</button>
</article>`
