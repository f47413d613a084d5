// One visit, event by event: a page is opened, cards scroll by, some are looked at, few are clicked, fewer liked.
import type { WireEvent } from '@sightline/sdk/wire'
import type { DemoPost } from './posts'
import type { SeededRandom } from './seeded-random'

/** Share of the impressions at the top of a list that end in a click; it halves every {@link HALVING_POSITIONS}. */
const TOP_CLICK_RATE = 0.07
const HALVING_POSITIONS = 5

const CRITERIA = { threshold: 0.5, minDurationMs: 1_000 }

const sources = [
  ['feed', 62],
  ['explore_trending', 17],
  ['search', 13],
  ['profile', 8],
] as const

const referrers = [
  [undefined, 46],
  ['https://www.google.com/', 24],
  ['https://news.ycombinator.com/', 8],
  ['https://duckduckgo.com/', 6],
  ['https://www.reddit.com/', 7],
  ['https://mastodon.social/', 5],
  ['https://t.co/', 4],
] as const

/** Share of the cards that are scrolled back to, which is one more view of the same impression. */
const SECOND_LOOK_RATE = 0.22

/** Cards that half of the visitors scroll through at most. */
const cardsPerVisit: Record<string, number> = { feed: 11, explore_trending: 9, search: 5, profile: 6 }

/** How much a card draws, from about 0.4 to 2; part of the sample's story, so the same for every seed. */
const appeal = (post: DemoPost) => 0.4 + 1.6 * ((Number(post.id) * 0.618_034) % 1) ** 2

/** The cards of one list: the popular ones mostly first, as feeds sort them. */
function drawList(posts: readonly DemoPost[], random: SeededRandom): DemoPost[] {
  const ranked = posts.map((post, index) => ({ post, rank: index / 3 - 5 * appeal(post) + 9 * random.next() }))
  ranked.sort((one, other) => one.rank - other.rank)
  return ranked.map(({ post }) => post)
}

/** Events of a visit that begins at `startMs`, in the order of their time. */
export function drawSession(posts: readonly DemoPost[], startMs: number, random: SeededRandom): WireEvent[] {
  const events: WireEvent[] = []
  const sessionId = random.uuidAt(startMs)
  let now = startMs

  function record(event: Omit<WireEvent, 'id' | 'occurredAt' | 'sessionId' | 'seq'>) {
    const occurredAt = Math.floor(now)
    events.push({ id: random.uuidAt(occurredAt), occurredAt, sessionId, seq: events.length, ...event })
  }

  function openPage(path: string, referrer?: string) {
    record({ type: 'page_view', content: { type: 'page', id: path }, ...(referrer !== undefined && { referrer }) })
  }

  function look(post: DemoPost, source: string, position: number) {
    const subject = { content: { type: post.type, id: post.id }, source, position }
    now += 1_000
    record({ type: 'impression', ...subject, ratio: 0.5 + random.next() / 2, rule: 'area', criteria: CRITERIA })
    let totalMs = 0
    for (let looks = random.chance(SECOND_LOOK_RATE) ? 2 : 1; looks > 0; looks--) {
      const durationMs = Math.min(180_000, Math.round(1_000 + random.around(2_200 * appeal(post), 0.9)))
      // The first second of the first view has passed before the impression.
      now += totalMs === 0 ? durationMs - 1_000 : durationMs
      totalMs += durationMs
      const scrollDepth = random.between(60, 100)
      record({ type: 'view', ...subject, viewType: 'listing', durationMs, totalMs, scrollDepth, endReason: 'left' })
    }
    if (random.chance(0.004 * appeal(post))) record({ type: 'share', ...subject, metadata: { method: 'clipboard' } })
    if (random.chance(0.012 * appeal(post))) record({ type: 'like', ...subject })
    if (!random.chance(TOP_CLICK_RATE * appeal(post) * 0.5 ** (position / HALVING_POSITIONS))) return
    record({ type: 'click', ...subject })
    now += 300
    openPage(`/${post.type}s/${post.id}`)
    read(post, source)
  }

  function read(post: DemoPost, source: string) {
    const subject = { content: { type: post.type, id: post.id }, source }
    const durationMs = Math.min(900_000, Math.round(random.around(34_000 * appeal(post), 0.8)))
    now += durationMs
    const scrollDepth = random.between(25, 100)
    record({
      type: 'view',
      ...subject,
      viewType: 'intentional',
      durationMs,
      totalMs: durationMs,
      scrollDepth,
      endReason: 'route',
    })
    if (random.chance(0.16)) record({ type: 'like', ...subject })
    if (random.chance(0.07))
      record({ type: 'share', ...subject, metadata: { method: random.chance(0.6) ? 'clipboard' : 'native' } })
    now += 800
  }

  const source = random.pick(sources)
  openPage(source === 'feed' ? '/' : `/${source.split('_')[0]}`, random.pick(referrers))
  if (random.chance(0.14)) return events
  const cards = Math.max(1, Math.round(random.around(cardsPerVisit[source] ?? 6, 0.6)))
  drawList(posts, random)
    .slice(0, cards)
    .forEach((post, position) => {
      now += random.around(700, 0.5)
      // Scrolled past too quickly to count.
      if (!random.chance(0.12)) look(post, source, position)
    })
  return events
}
