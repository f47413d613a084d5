// Turns rows of one event type each into the counts and totals that answers carry.
import type { EventCounts, Totals } from './shapes'

/** Sums of one event type. */
export interface TypeSum {
  type: string
  count: number
  /** Sum of the lengths that were told, in milliseconds. */
  durationMs: number
  /** Events that told one. */
  durationN: number
}

/** Names of the built-in event types in answers; every other type goes to `custom` under its own name. */
export const fieldOfType = {
  impression: 'impressions',
  view: 'views',
  watch: 'watches',
  click: 'clicks',
  like: 'likes',
  share: 'shares',
  page_view: 'pageViews',
} as const satisfies Record<string, keyof EventCounts>

const isBuiltIn = (type: string): type is keyof typeof fieldOfType => Object.hasOwn(fieldOfType, type)

/** Each type may appear once in `sums`. */
export function countEvents(sums: TypeSum[]): EventCounts {
  const counts: EventCounts = {
    impressions: 0,
    views: 0,
    watches: 0,
    clicks: 0,
    likes: 0,
    shares: 0,
    pageViews: 0,
    custom: Object.fromEntries(sums.filter(({ type }) => !isBuiltIn(type)).map(({ type, count }) => [type, count])),
  }
  for (const { type, count } of sums) if (isBuiltIn(type)) counts[fieldOfType[type]] = count
  return counts
}

/** One sum a type, over all days together. */
export function addUp(days: TypeSum[][]): TypeSum[] {
  const byType = new Map<string, TypeSum>()
  for (const sum of days.flat()) {
    const soFar = byType.get(sum.type)
    byType.set(sum.type, {
      type: sum.type,
      count: sum.count + (soFar?.count ?? 0),
      durationMs: sum.durationMs + (soFar?.durationMs ?? 0),
      durationN: sum.durationN + (soFar?.durationN ?? 0),
    })
  }
  return [...byType.values()]
}

/** Each type may appear once in `sums`. */
export function totalEvents(sums: TypeSum[]): Totals {
  const counts = countEvents(sums)
  const views = sums.find(({ type }) => type === 'view')
  return {
    ...counts,
    averageViewDurationMs: views && views.durationN > 0 ? views.durationMs / views.durationN : null,
    clickThroughRate: counts.impressions > 0 ? counts.clicks / counts.impressions : null,
  }
}

/** Events of one type, or of all. */
export function countOf(sums: readonly TypeSum[], type?: string): number {
  return sums.reduce((sum, each) => (type === undefined || each.type === type ? sum + each.count : sum), 0)
}
