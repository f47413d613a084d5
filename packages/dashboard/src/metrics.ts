// The countable things: what each is called, what it means, and which type of event it is in the questions.
import type { EventCounts, TopMetric } from '@sightline/collector/stats'
import type { Choice } from './selection'

/** What the chart and every list can count. */
export type Metric = 'viewers' | Exclude<keyof EventCounts, 'custom'>

interface MetricNotes {
  label: string
  hint: string
  /** Type of its events; without one, events of every type are counted. */
  type?: string
}

export const metricNotes: Record<Metric, MetricNotes> = {
  viewers: { label: 'Viewers', hint: 'Different people or browsers' },
  pageViews: { label: 'Page views', hint: 'Pages opened', type: 'page_view' },
  impressions: { label: 'Impressions', hint: 'Seen: enough of it, long enough', type: 'impression' },
  views: { label: 'Views', hint: 'Stretches of time on screen', type: 'view' },
  clicks: { label: 'Clicks', hint: 'Clicks on content', type: 'click' },
  likes: { label: 'Likes', hint: 'Like events', type: 'like' },
  shares: { label: 'Shares', hint: 'Share events', type: 'share' },
  watches: { label: 'Watches', hint: 'Playing times of media', type: 'watch' },
}

export const metrics = Object.keys(metricNotes) as Metric[]

/** What is counted in a list of `metric`, in words. */
export const countedWord = (metric: Metric) =>
  metric === 'viewers' ? 'events' : metricNotes[metric].label.toLowerCase()

/** What content can be sorted by. Pages are a list of their own. */
export const topMetrics: Choice<TopMetric>[] = [
  ...metrics
    .filter((metric) => metric !== 'pageViews')
    .map((metric): Choice<TopMetric> => ({ value: metric, label: metricNotes[metric].label })),
  { value: 'engagement', label: 'Engagement' },
  { value: 'clickThroughRate', label: 'Click-through' },
  { value: 'averageViewDurationMs', label: 'Average view' },
]
