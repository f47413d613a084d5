// One visit, event by event: a page is opened, cards scroll by, some are looked at, few are clicked, fewer liked.
import type { WireEvent } from '@sightline/sdk/wire'
import type { DemoPost } from './posts'
import type { SeededRandom } from './seeded-random'

/** Share of the impressions at the top of a list that end in a click; it halves every {@link HALVING_POSITIONS}. */
const TOP_CLICK_RATE = 0.07
const HALVING_POSITIONS = 5

const CRITERIA = { threshold: 0.5, minDurationMs: 1_000 }

/** The sample's site leaves out the views of cards that were scrolled past within this time, in milliseconds. */
const SHORTEST_VIEW_MS = 2_400

/** What half of the looks at a card of average appeal last at most, in milliseconds. */
const MEDIAN_LOOK_MS = 2_300

/** Clicks of the visitors who see the new cards, per click of the others. */
const LIFT_OF_NEW_CARDS = 1.25

/** Length of a reel, in milliseconds. */
const lengthOf = (post: DemoPost) => 12_000 + ((Number(post.id) * 7) % 40) * 1_000

const sources = [
  ['feed', 54],
  ['explore_trending', 19],
  ['search', 14],
  ['profile', 8],
  ['related', 5],
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
const SECOND_LOOK_RATE = 0.12

/** Cards that half of the visitors scroll through at most. */
const cardsPerVisit: Record<string, number> = { feed: 13, explore_trending: 10, search: 6, profile: 7, related: 4 }

/** How much more often a card is clicked where people look for something. */
const clicksBySource: Record<string, number> = {
  feed: 1,
  explore_trending: 0.8,
  search: 1.9,
  profile: 1.3,
  related: 1.1,
}

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
  // Which cards this visitor is shown, as a site that compares two designs would tell.
  const variant = random.chance(0.5) ? 'new_cards' : 'old_cards'
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
    const content = { type: post.type, id: post.id }
    const subject = { content, source, position, metadata: { variant } }
    now += 1_000
    record({ type: 'impression', ...subject, ratio: 0.5 + random.next() / 2, rule: 'area', criteria: CRITERIA })
    let totalMs = 0
    for (let looks = random.chance(SECOND_LOOK_RATE) ? 2 : 1; looks > 0; looks--) {
      const durationMs = Math.min(180_000, Math.round(1_000 + random.around(MEDIAN_LOOK_MS * appeal(post) - 600, 0.9)))
      // The first second of the first look has passed before the impression.
      now += totalMs === 0 ? durationMs - 1_000 : durationMs
      totalMs += durationMs
      if (durationMs < SHORTEST_VIEW_MS) continue
      const scrollDepth = random.between(60, 100)
      record({ type: 'view', ...subject, viewType: 'listing', durationMs, totalMs, scrollDepth, endReason: 'left' })
    }
    if (post.type === 'reel' && random.chance(0.8)) watch(post, source, position)
    if (random.chance(0.004 * appeal(post)))
      record({ type: 'share', content, source, position, metadata: { method: 'clipboard' } })
    if (random.chance(0.012 * appeal(post))) record({ type: 'like', ...subject })
    const lift = (clicksBySource[source] ?? 1) * (variant === 'new_cards' ? LIFT_OF_NEW_CARDS : 1)
    if (!random.chance(Math.min(0.6, TOP_CLICK_RATE * lift * appeal(post) * 0.5 ** (position / HALVING_POSITIONS))))
      return
    record({ type: 'click', ...subject })
    now += 300
    openPage(`/${post.type}s/${post.id}`)
    read(post, source)
  }

  function watch(post: DemoPost, source: string, position: number) {
    const mediaDurationMs = lengthOf(post)
    const wantedMs = Math.round(random.around(mediaDurationMs * 0.35 * appeal(post), 1.1))
    const durationMs = Math.max(300, Math.min(mediaDurationMs, wantedMs))
    now += durationMs
    record({
      type: 'watch',
      content: { type: post.type, id: post.id },
      source,
      position,
      durationMs,
      mediaDurationMs,
      ...(durationMs === mediaDurationMs && { completed: true }),
      endReason: durationMs === mediaDurationMs ? 'ended' : 'left',
    })
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
