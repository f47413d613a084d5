// Every question of the stats API, as the dashboard and its readers ask it; some for other content every time.

/** Popular content first: ids were dealt to places at random, so this takes any. */
const contentOf = (contents) => (round) => (round * 7_919) % contents

const fixed = (name, url) => ({ name, url: () => url })

export function routes({ contents }) {
  const content = contentOf(contents)
  const metrics = [
    'impressions',
    'views',
    'clicks',
    'likes',
    'shares',
    'pageViews',
    'engagement',
    'viewers',
    'clickThroughRate',
    'averageViewDurationMs',
  ]
  return [
    fixed('site, 7 days', '/v1/stats/site'),
    fixed('site, 30 days', '/v1/stats/site?days=30'),
    fixed('site, 30 days, signed in', '/v1/stats/site?days=30&audience=authenticated'),
    fixed('site, today', '/v1/stats/site?days=1'),
    fixed('series, 30 days', '/v1/stats/series?days=30'),
    fixed('series, 30 days, New York', '/v1/stats/series?days=30&timezone=America/New_York'),
    ...['country', 'device', 'source', 'viewType', 'channel', 'referrer'].map((name) =>
      fixed(`breakdown by ${name}, 30 days`, `/v1/stats/breakdown/${name}?days=30`),
    ),
    ...metrics.map((by) => fixed(`top by ${by}, 7 days`, `/v1/stats/top?by=${by}`)),
    fixed('top by impressions, 30 days', '/v1/stats/top?days=30'),
    fixed('top by viewers, 30 days', '/v1/stats/top?by=viewers&days=30'),
    fixed('engagement, 30 days', '/v1/stats/engagement'),
    fixed('durations, 7 days', '/v1/stats/durations'),
    fixed('positions, 30 days', '/v1/stats/positions'),
    fixed('hours of the week, 30 days', '/v1/stats/hours?days=30'),
    fixed('retention, 30 days', '/v1/stats/retention'),
    fixed('compare, 7 days', '/v1/stats/compare'),
    { name: 'one content, 30 days', url: (round) => `/v1/content/post/${content(round)}/stats?days=30` },
    { name: 'one content, 7 days', url: (round) => `/v1/content/post/${content(round)}/stats` },
    { ...fixed('trending', '/v1/trending'), limitMs: 200 },
  ]
}
