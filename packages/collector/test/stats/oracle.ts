// Every answer of the stats API, computed again from a plain list of what happened. Uses none of the collector's code.

export interface Happened {
  atMs: number
  type: string
  /** `type:id` */
  content: string | null
  viewer: string
  /** Whether the viewer is signed in; then the viewer is the user's id. */
  isUser: boolean
  /** Counted, but nobody: the browser asked not to be followed. */
  isUnnamed: boolean
  device: string
  country: string | null
  source: string | null
  viewType: string | null
  channel: string
  referrer: string | null
  position: number | null
  durationMs: number | null
  scrollDepth: number | null
  mediaDurationMs: number | null
  completed: boolean
  variant: string | null
}

export type OracleAudience = 'all' | 'authenticated' | 'anonymous'

const fields: Record<string, string> = {
  impression: 'impressions',
  view: 'views',
  watch: 'watches',
  click: 'clicks',
  like: 'likes',
  share: 'shares',
  page_view: 'pageViews',
}
const names = Object.values(fields)

const count = <Item>(items: readonly Item[], matches: (item: Item) => boolean) => items.filter(matches).length
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Wilson's interval as the textbook writes it, from the quadratic equation instead of the closed form. */
export function wilsonByRoots(successes: number, trials: number): { low: number; high: number } | null {
  if (trials === 0 || successes > trials) return null
  const z2 = 1.959963984540054 ** 2
  const [a, b, c] = [trials + z2, -(2 * successes + z2), successes ** 2 / trials]
  const root = Math.sqrt(Math.max(0, b ** 2 - 4 * a * c))
  return { low: Math.max(0, (-b - root) / (2 * a)), high: Math.min(1, (-b + root) / (2 * a)) }
}

const rate = (successes: number, trials: number) => ({
  rate: trials < 100 ? null : successes / trials,
  interval: trials < 100 ? null : wilsonByRoots(successes, trials),
})

const acts = (item: Record<string, number>) =>
  item['views']! + item['watches']! + item['clicks']! + item['likes']! + item['shares']! + item['custom']!

const later = (day: string, after: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + after * 86_400_000).toISOString().slice(0, 10)

const growth = (now: number, before: number) => (now - before) / Math.max(before, 1)

/** @param timezone zone of the site, whose days and hours are counted */
export function createOracle(all: readonly Happened[], timezone: string) {
  const dayFormat = new Intl.DateTimeFormat('en-CA', { timeZone: timezone })
  const clockFormat = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  })
  const days = new Map<Happened, string>(all.map((event) => [event, dayFormat.format(event.atMs)]))
  const dayOf = (event: Happened) => days.get(event) ?? ''

  const within = (from: string, to: string, audience: OracleAudience = 'all') =>
    all.filter(
      (event) =>
        dayOf(event) >= from &&
        dayOf(event) <= to &&
        (audience === 'all' || event.isUser === (audience === 'authenticated')),
    )

  function countsOf(events: readonly Happened[]) {
    const counts: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]))
    const custom: Record<string, number> = {}
    for (const { type } of events) {
      const name = fields[type]
      if (name === undefined) custom[type] = (custom[type] ?? 0) + 1
      else counts[name] = counts[name]! + 1
    }
    return { ...counts, custom }
  }

  function totalsOf(events: readonly Happened[]) {
    const told = events.flatMap((event) =>
      event.type === 'view' && event.durationMs !== null ? [event.durationMs] : [],
    )
    const impressions = count(events, ({ type }) => type === 'impression')
    return {
      ...countsOf(events),
      averageViewDurationMs: told.length === 0 ? null : told.reduce((sum, ms) => sum + ms, 0) / told.length,
      clickThroughRate: impressions === 0 ? null : count(events, ({ type }) => type === 'click') / impressions,
    }
  }

  const viewersOf = (events: readonly Happened[]) =>
    new Set(events.filter(({ isUnnamed }) => !isUnnamed).map(({ viewer, isUser }) => `${isUser} ${viewer}`)).size

  function breakdownOf(events: readonly Happened[], pick: (event: Happened) => string | null) {
    const counts = new Map<string, number>()
    let none = 0
    for (const event of events) {
      const value = pick(event)
      if (value === null) none++
      else counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const items = [...counts]
      .map(([value, n]) => ({ value, count: n }))
      .toSorted((a, b) => b.count - a.count || byBytes(a.value, b.value))
    return { items, other: 0, none, untold: 0, total: events.length }
  }

  function watchesOf(events: readonly Happened[]) {
    const sums = { skipped: 0, partial: 0, completed: 0 }
    for (const { type, durationMs, mediaDurationMs, completed } of events) {
      if (type !== 'watch') continue
      const share = durationMs !== null && mediaDurationMs ? durationMs / mediaDurationMs : null
      if (completed || (share !== null && share >= 0.95)) sums.completed++
      else if (durationMs !== null && (durationMs < 3_000 || (share !== null && share < 0.1))) sums.skipped++
      else if (durationMs !== null) sums.partial++
    }
    const whole = sums.skipped + sums.partial + sums.completed
    return {
      ...sums,
      completionRate: whole === 0 ? null : sums.completed / whole,
      interval: wilsonByRoots(sums.completed, whole),
    }
  }

  return {
    within,
    countsOf,
    totalsOf,
    viewersOf,
    breakdownOf,
    watchesOf,
    dayOf,

    series: (dayNames: readonly string[], events: readonly Happened[]) =>
      dayNames.map((day) => {
        const own = events.filter((event) => dayOf(event) === day)
        return { day, ...countsOf(own), viewers: viewersOf(own) }
      }),

    /** Of views: how many were how long, and how many got how far. */
    distributionsOf(events: readonly Happened[]) {
      const views = events.filter(({ type }) => type === 'view')
      const lengths = views.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs / 1_000]))
      const depths = views.flatMap(({ scrollDepth }) => (scrollDepth === null ? [] : [scrollDepth]))
      const edges = [0, 1, 3, 10, 30, 60, 180, Infinity]
      return {
        viewTimes: {
          count: lengths.length,
          buckets: edges.slice(0, -1).map((from, at) => ({
            fromMs: from * 1_000,
            toMs: edges[at + 1] === Infinity ? null : edges[at + 1]! * 1_000,
            count: count(lengths, (seconds) => seconds >= from && seconds < edges[at + 1]!),
          })),
        },
        scrollDepth: {
          count: depths.length,
          reached: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((percent) => {
            const reached = count(depths, (depth) => depth >= percent)
            return { percent, count: reached, share: depths.length === 0 ? null : reached / depths.length }
          }),
        },
      }
    },

    /** Values of a ranking by content, without those that have none. */
    ranking(events: readonly Happened[], value: (own: readonly Happened[]) => number | null, isOfPages = false) {
      const contents = new Set(events.flatMap(({ content }) => (content === null ? [] : [content])))
      return [...contents]
        .filter((content) => content.startsWith('page:') === isOfPages)
        .flatMap((content) => {
          const found = value(events.filter((event) => event.content === content))
          return found === null || found === 0 ? [] : [{ content, value: found }]
        })
        .toSorted((a, b) => b.value - a.value || byBytes(a.content, b.content))
    },

    engagement(events: readonly Happened[]) {
      const users = groupByViewer(events)
      const items = [...users].map(([userId, own]) => {
        const { custom, ...counts } = countsOf(own)
        return { userId, ...counts, custom: Object.values(custom).reduce((sum, n) => sum + n, 0) }
      }) as unknown as ({ userId: string; custom: number } & Record<string, number>)[]
      const engagedUsers = count(items, (item) => item['clicks']! + item['likes']! + item['shares']! + item.custom > 0)
      return {
        users: items.length,
        engagedUsers,
        engagementRate: items.length === 0 ? null : engagedUsers / items.length,
        interval: wilsonByRoots(engagedUsers, items.length),
        items: items.toSorted((a, b) => acts(b) - acts(a) || byBytes(a.userId, b.userId)),
      }
    },

    positions(events: readonly Happened[]) {
      const places = new Map<string, { source: string; position: number; impressions: number; clicks: number }>()
      for (const { source, position, type } of events) {
        if (source === null || position === null || (type !== 'impression' && type !== 'click')) continue
        const key = `${source} ${position}`
        const place = places.get(key) ?? { source, position, impressions: 0, clicks: 0 }
        if (type === 'click') place.clicks++
        else place.impressions++
        places.set(key, place)
      }
      return [...places.values()]
        .toSorted((a, b) => byBytes(a.source, b.source) || a.position - b.position)
        .map((place) => {
          const { rate: clickThroughRate, interval } = rate(place.clicks, place.impressions)
          return { ...place, clickThroughRate, interval }
        })
    },

    hours(events: readonly Happened[]) {
      const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
      const cells = new Map<string, { seen: number; engaged: number }>()
      for (const { atMs, type } of events) {
        const parts = Object.fromEntries(clockFormat.formatToParts(atMs).map((part) => [part.type, part.value]))
        const key = `${weekdays.indexOf(parts['weekday'] ?? '') + 1} ${Number(parts['hour'])}`
        const cell = cells.get(key) ?? { seen: 0, engaged: 0 }
        if (['impression', 'view', 'watch', 'page_view'].includes(type)) cell.seen++
        else cell.engaged++
        cells.set(key, cell)
      }
      return cells
    },

    /** Cohorts by first day, over everything that ever happened. */
    retention(
      dayNames: readonly string[],
      periods: number,
      audience: OracleAudience,
      isClosed: (day: string) => boolean,
    ) {
      const daysOf = new Map<string, Set<string>>()
      for (const event of within('0000', '9999', audience)) {
        if (event.isUnnamed) continue
        const viewer = `${event.isUser} ${event.viewer}`
        const own = daysOf.get(viewer) ?? new Set()
        if (isClosed(dayOf(event))) own.add(dayOf(event))
        daysOf.set(viewer, own)
      }
      const firsts = [...daysOf.values()].map((own) => ({ first: [...own].toSorted()[0], own }))
      return dayNames.map((day) => {
        const cohort = firsts.filter(({ first }) => first === day)
        const returned = Array.from({ length: periods + 1 }, (_, after) =>
          isClosed(day) && isClosed(later(day, after)) ? count(cohort, ({ own }) => own.has(later(day, after))) : null,
        )
        return { day, viewers: isClosed(day) ? cohort.length : null, returned }
      })
    },

    compare(events: readonly Happened[], event: string, per: string) {
      const variants = new Set(
        events.flatMap(({ variant, type }) => (variant !== null && (type === event || type === per) ? [variant] : [])),
      )
      const items = [...variants]
        .map((value) => ({
          value,
          events: count(events, (each) => each.variant === value && each.type === event),
          per: count(events, (each) => each.variant === value && each.type === per),
        }))
        .toSorted((a, b) => b.per - a.per || byBytes(a.value, b.value))
      return items.map((item) => ({ ...item, ...rate(item.events, item.per) }))
    },

    /** Likes and views of two windows that end with the clock hour of `nowMs`, for content with no date of its own. */
    trending(nowMs: number, hourMs: number, windowHours = 24) {
      const endMs = hourMs + 3_600_000
      const [middle, start] = [endMs - windowHours * 3_600_000, endMs - 2 * windowHours * 3_600_000]
      const own = new Map<string, Happened[]>()
      for (const event of all) {
        if (event.content === null || event.content.startsWith('page:') || event.atMs < start || event.atMs >= endMs)
          continue
        if (event.type !== 'like' && event.type !== 'view') continue
        own.set(event.content, [...(own.get(event.content) ?? []), event])
      }
      return [...own].flatMap(([content, events]) => {
        const n = (type: string, isRecent: boolean) =>
          count(events, (event) => event.type === type && event.atMs >= middle === isRecent)
        const [likes, likesBefore, views, viewsBefore] = [
          n('like', true),
          n('like', false),
          n('view', true),
          n('view', false),
        ]
        const velocity = 0.7 * growth(likes, likesBefore) + 0.3 * growth(views, viewsBefore)
        const firstMs = Math.min(
          ...events.map(({ atMs }) => atMs - ((((atMs - hourMs) % 3_600_000) + 3_600_000) % 3_600_000)),
        )
        const score = velocity / (1 + (0.1 * Math.max(0, nowMs - firstMs)) / 86_400_000)
        return velocity > 0 ? [{ content, score, velocity, likes, likesBefore, views, viewsBefore }] : []
      })
    },
  }
}

function groupByViewer(events: readonly Happened[]): Map<string, Happened[]> {
  const groups = new Map<string, Happened[]>()
  for (const event of events) if (event.isUser) groups.set(event.viewer, [...(groups.get(event.viewer) ?? []), event])
  return groups
}
