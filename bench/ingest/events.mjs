// What a site sends: feeds scrolled by many visitors, with ids of its own for every run.
import { randomBytes } from 'node:crypto'

const CONTENTS = 1_000
const SESSIONS = 500
/** In hundredths: most events of a feed are impressions. */
const shares = { impression: 70, view: 14, click: 6, like: 4, page_view: 4, watch: 2 }
const types = Object.entries(shares).flatMap(([type, share]) => Array(share).fill(type))

/** Seeded (mulberry32), so that two runs send the same mix. */
export function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A UUIDv7 (RFC 9562) of now. */
export function createId() {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Bodies of `count` events in batches of `size`; a batch is one visitor's. */
export function createBodies(count, size, seed) {
  const random = createRandom(seed)
  const whole = (below) => Math.floor(random() * below)
  const sessions = Array.from({ length: SESSIONS }, () => ({ sessionId: createId(), anonymousId: createId(), seq: 0 }))

  function createEvent(session, position) {
    const type = types[whole(types.length)]
    // Zipf's law with exponent 1: the tenth post is seen a tenth as often as the first.
    const rank = Math.floor(CONTENTS ** random())
    const content = type === 'page_view' ? { type: 'page', id: `/posts/${rank}` } : { type: 'post', id: String(rank) }
    const event = {
      id: createId(),
      type,
      occurredAt: Date.now() - whole(5_000),
      sessionId: session.sessionId,
      seq: session.seq++,
      content,
    }
    if (type === 'page_view') return { ...event, referrer: 'https://news.example.org/front/page' }
    const placed = { ...event, source: 'feed', position }
    if (type === 'view') return { ...placed, durationMs: whole(60_000), scrollDepth: whole(101), endReason: 'left' }
    if (type === 'watch') return { ...placed, durationMs: whole(60_000), mediaDurationMs: 60_000, completed: false }
    if (type === 'like') return { ...placed, metadata: { label: 'heart', experiment: { name: 'ranking', arm: 'b' } } }
    if (type === 'click') return placed
    const criteria = { threshold: 0.5, minDurationMs: 1_000 }
    return {
      ...placed,
      viewType: 'listing',
      ratio: 0.5 + random() / 2,
      rule: 'area',
      criteria,
      confirmLagMs: whole(90),
    }
  }

  return Array.from({ length: count / size }, () => {
    const session = sessions[whole(SESSIONS)]
    const events = Array.from({ length: size }, (_, place) => createEvent(session, place))
    const envelope = { v: 1, sentAt: Date.now(), sdk: 'web/0.1.0', anonymousId: session.anonymousId }
    return Buffer.from(JSON.stringify({ ...envelope, events }))
  })
}
