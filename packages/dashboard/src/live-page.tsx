// What happens now: counters that move as events are committed, who is there, and which content it is about.
import type { LiveMessage } from '@sightline/collector/live'
import type { SiteStats } from '@sightline/collector/stats'
import type { Now } from '@sightline/collector/trust'
import { useEffect, useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { listenLive, type LiveState } from './live-stream'
import { metricNotes, metrics } from './metrics'
import { FailureNotice } from './notices'
import { Panel } from './panel'
import { useSession } from './session'
import type { StatsFailure } from './stats-client'

/** Seconds of the strip at the top. */
const STRIP_SECONDS = 60
const POLL_MS = 5_000
/** Contents of which this page keeps the sums. */
const MOST_CONTENTS = 500
const SHOWN_CONTENTS = 20

interface LiveContent {
  type: string
  id: string
  /** From the catalogue. */
  title: string | null
  counts: Record<string, number>
  total: number
  at: string
}

interface Counted {
  counts: Record<string, number>
  uncounted: number
  contents: Map<string, LiveContent>
  /** Events by the second in which they were told, seconds since 1970. */
  strip: Map<number, number>
  at: string | null
}

const nothingYet = (): Counted => ({ counts: {}, uncounted: 0, contents: new Map(), strip: new Map(), at: null })

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Adds a message to what was counted so far. */
export function addMessage(so: Counted, message: LiveMessage): Counted {
  const counts = { ...so.counts }
  for (const [type, count] of Object.entries(message.counts)) counts[type] = (counts[type] ?? 0) + count
  const contents = new Map(so.contents)
  for (const { type, id, title, counts: added } of message.contents) {
    const key = `${type}\0${id}`
    const known = contents.get(key)
    if (known === undefined && contents.size >= MOST_CONTENTS) continue
    const sums = { ...known?.counts }
    for (const [kind, count] of Object.entries(added)) sums[kind] = (sums[kind] ?? 0) + count
    contents.set(key, {
      type,
      id,
      title: title ?? known?.title ?? null,
      counts: sums,
      total: (known?.total ?? 0) + sumOf(added),
      at: message.at,
    })
  }
  const second = Math.floor(Date.parse(message.at) / 1_000)
  const strip = new Map([...so.strip].filter(([each]) => each > second - STRIP_SECONDS))
  strip.set(second, (strip.get(second) ?? 0) + sumOf(message.counts))
  return { counts, uncounted: so.uncounted + message.uncounted, contents, strip, at: message.at }
}

const stateWords: Record<LiveState, string> = {
  connecting: 'Connecting …',
  streaming: 'Live',
  polling: `No stream gets through; asking every ${POLL_MS / 1_000} seconds`,
}

function Strip({ strip, nowS }: { strip: Map<number, number>; nowS: number }) {
  const seconds = Array.from({ length: STRIP_SECONDS }, (_, index) => nowS - STRIP_SECONDS + 1 + index)
  const most = Math.max(1, ...seconds.map((second) => strip.get(second) ?? 0))
  return (
    <div class="strip" role="img" aria-label="Events of each of the last 60 seconds">
      {seconds.map((second) => (
        <span key={second} style={{ height: `${(100 * (strip.get(second) ?? 0)) / most}%` }} />
      ))}
    </div>
  )
}

const columns: [Column<LiveContent>, ...Column<LiveContent>[]] = [
  {
    label: 'Content',
    show: ({ type, id, title }) => (
      <span title={`${type}:${id}`}>
        <small>{type}</small> {title ?? id}
      </span>
    ),
    value: ({ type, id }) => `${type}:${id}`,
  },
  {
    label: 'What',
    isSecondary: true,
    value: ({ counts }) =>
      Object.entries(counts)
        .toSorted(([, one], [, other]) => other - one)
        .map(([type, count]) => `${formats.count(count)} × ${type.replaceAll('_', ' ')}`)
        .join(', '),
  },
  { label: 'Events', isNumber: true, show: ({ total }) => formats.count(total), value: ({ total }) => total },
]

const titleColumn: Column<LiveContent> = { label: 'Title', value: ({ title }) => title }

/** Types with a name of ours first, in the order of the other pages; then the site's own. */
function typesOf(counts: Record<string, number>): { type: string; label: string }[] {
  const ours = metrics.flatMap((metric) => {
    const { type, label } = metricNotes[metric]
    return type === undefined ? [] : [{ type, label }]
  })
  const known = new Set(ours.map(({ type }) => type))
  return [...ours, ...Object.keys(counts).flatMap((type) => (known.has(type) ? [] : [{ type, label: type }]))]
}

export function LivePage() {
  const { client, refreshes, signOut } = useSession()
  const [state, setState] = useState<LiveState>('connecting')
  const [counted, setCounted] = useState(nothingYet)
  const [failure, setFailure] = useState<StatsFailure | null>(null)
  const [now, setNow] = useState<Now | null>(null)
  const [nowS, setNowS] = useState(() => Math.floor(Date.now() / 1_000))
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    setFailure(null)
    return listenLive(client, {
      onMessage: (message) => setCounted((so) => addMessage(so, message)),
      onState: setState,
      onFailure: (trouble) => (trouble.kind === 'signed_out' ? signOut(trouble.message) : setFailure(trouble)),
    })
  }, [client, refreshes, attempt])

  useEffect(() => {
    const abort = new AbortController()
    const look = () =>
      client.ask<Now>('now', { signal: abort.signal }).then(setNow, () => {
        // Said by the stream as well.
      })
    void look()
    const looking = setInterval(look, POLL_MS)
    const ticking = setInterval(() => setNowS(Math.floor(Date.now() / 1_000)), 1_000)
    return () => {
      abort.abort()
      clearInterval(looking)
      clearInterval(ticking)
    }
  }, [client])

  // Without a stream: today's counters, and what came to them since the last look.
  useEffect(() => {
    if (state !== 'polling') return
    const abort = new AbortController()
    let last: SiteStats | null = null
    const look = async () => {
      const site = await client.ask<SiteStats>('stats/site', { query: { days: '1', cache: '0' }, signal: abort.signal })
      const before = last
      last = site
      if (before === null || before.from !== site.from) return
      const counts: Record<string, number> = {}
      for (const metric of metrics) {
        const { type } = metricNotes[metric]
        if (metric === 'viewers' || type === undefined) continue
        const more = site.totals[metric] - before.totals[metric]
        if (more > 0) counts[type] = more
      }
      if (Object.keys(counts).length > 0)
        setCounted((so) => addMessage(so, { at: site.freshAsOf, counts, uncounted: 0, contents: [] }))
    }
    const quietly = () => void look().catch(() => {})
    quietly()
    const looking = setInterval(quietly, POLL_MS)
    return () => {
      abort.abort()
      clearInterval(looking)
    }
  }, [client, state])

  const rows = [...counted.contents.values()]
    .toSorted((one, other) => other.total - one.total || other.at.localeCompare(one.at))
    .slice(0, SHOWN_CONTENTS)

  return (
    <main aria-busy={state === 'connecting' && failure === null}>
      {failure !== null && <FailureNotice failure={failure} onRetry={() => setAttempt(attempt + 1)} />}
      <div class="numbers">
        <Panel
          id="now"
          title="Right now"
          note={
            <span role="status" class={`live-state ${state}`}>
              {failure === null ? stateWords[state] : 'Stopped'}
            </span>
          }
        >
          <div class="now">
            <p>
              <b>{now === null ? NOTHING : formats.count(now.viewers)}</b>
              <span class="quiet">
                {now?.viewers === 1 ? 'viewer' : 'viewers'} in the last {(now?.windowMs ?? 300_000) / 60_000} minutes
              </span>
            </p>
            <Strip strip={counted.strip} nowS={nowS} />
          </div>
        </Panel>
        <Panel
          id="since"
          title="Since you opened this page"
          note={counted.at === null ? 'Nothing yet' : `Last at ${formats.moment(counted.at)}`}
        >
          <div class="cards">
            {typesOf(counted.counts).map(({ type, label }) => (
              <div key={type} class="card">
                <span class="card-label">{label}</span>
                <b>{formats.count(counted.counts[type] ?? 0)}</b>
              </div>
            ))}
            <div class="card" title="Repeated and own views, crawlers">
              <span class="card-label">Not counted</span>
              <b>{formats.count(counted.uncounted)}</b>
            </div>
          </div>
        </Panel>
        <Panel
          id="live-contents"
          title="What it is about"
          class="list"
          tools={<CsvButton name="Live" rows={rows} columns={[...columns, titleColumn]} />}
        >
          <DataTable
            name="Content since you opened this page"
            rows={rows}
            columns={columns}
            keyOf={({ type, id }) => `${type} ${id}`}
            barOf={({ total }) => total / (rows[0]?.total ?? 1)}
            linkOf={({ type, id }) => ({ page: 'content', content: { type, id } })}
            empty={
              state === 'polling'
                ? 'Without a stream, contents are not told.'
                : 'Nothing yet. Scroll through a page that is observed, and it appears here within two seconds.'
            }
          />
        </Panel>
      </div>
    </main>
  )
}
