// The sums of the period, one card a number.
import type { SiteStats } from '@sightline/collector/stats'
import { formats } from './format'

export function TotalsPanel({ site: { totals, from, to } }: { site: SiteStats }) {
  const cards = [
    { label: 'Impressions', text: formats.count(totals.impressions), hint: 'Seen: enough of it, long enough' },
    { label: 'Views', text: formats.count(totals.views), hint: 'Stretches of time on screen' },
    { label: 'Clicks', text: formats.count(totals.clicks), hint: 'Clicks on content' },
    { label: 'Click-through', text: formats.share(totals.clickThroughRate), hint: 'Clicks per impression' },
    { label: 'Average view', text: formats.duration(totals.averageViewDurationMs), hint: 'Mean length of a view' },
    { label: 'Likes', text: formats.count(totals.likes), hint: 'Like events' },
    { label: 'Shares', text: formats.count(totals.shares), hint: 'Share events' },
    { label: 'Page views', text: formats.count(totals.pageViews), hint: 'Pages opened' },
  ]
  return (
    <section class="panel" aria-labelledby="totals-title">
      <div class="panel-head">
        <h2 id="totals-title">Totals</h2>
        <p class="quiet">{formats.days(from, to)}</p>
      </div>
      <dl class="totals">
        {cards.map((card) => (
          <div key={card.label} title={card.hint}>
            <dt>{card.label}</dt>
            <dd>{card.text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
