// Whether an event is the one that a test speaks of, and a sentence for when it is not.
import type { WireEvent } from '../wire'

/** What a test says of an event: a part of it. A matcher such as `expect.any(Number)` may stand for any value. */
export type ExpectedFields = { readonly [Name in keyof WireEvent]?: unknown }

/** A type, a part of an event, or a question of your own. */
export type ExpectedEvent = string | ExpectedFields | ((event: WireEvent) => boolean)

export function matches(event: WireEvent, expected: ExpectedEvent): boolean {
  if (typeof expected === 'function') return expected(event)
  return holds(event, typeof expected === 'string' ? { type: expected } : expected)
}

/** Objects may say more than is asked for; everything else, lists included, is as it was asked for. */
function holds(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected)
  if ('asymmetricMatch' in expected) return (expected as AsymmetricMatcher).asymmetricMatch(actual)
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) !== Array.isArray(expected)) return false
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) return false
  return Object.entries(expected).every(([name, value]) => holds((actual as Record<string, unknown>)[name], value))
}

/** What vitest, jest and sinon have in common. */
interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean
}

interface MatcherResult {
  pass: boolean
  message(): string
}

/**
 * The matcher `expect(tracked).toHaveTracked(type, fields?)` for `expect.extend({ toHaveTracked })` of vitest and jest.
 * `fields` is a part of the event; matchers such as `expect.any(Number)` may stand in it.
 */
export function toHaveTracked(
  tracked: { readonly events: readonly WireEvent[] },
  type: string,
  fields: ExpectedFields = {},
): MatcherResult {
  if (!Array.isArray(tracked?.events)) {
    throw new TypeError(`toHaveTracked(): expected what createTestTracker() returns, got ${String(tracked)}.`)
  }
  const expected = { ...fields, type }
  const pass = tracked.events.some((event) => matches(event, expected))
  const words = describeExpected(expected)
  return {
    pass,
    message: () =>
      pass
        ? `expected no ${words}; ${describeEvents(tracked.events)}`
        : `expected an ${words}; ${describeEvents(tracked.events)}`,
  }
}

/** Words for a sentence that begins with "expected an". */
export function describeExpected(expected: ExpectedEvent): string {
  if (typeof expected === 'function') return `event for which ${expected.name || 'the function'} is true`
  if (typeof expected === 'string') return `event "${expected}"`
  const { type, ...fields } = expected
  const rest = Object.keys(fields).length > 0 ? ` with ${inWords(fields)}` : ''
  return `event${type === undefined ? '' : ` "${String(type)}"`}${rest}`
}

export function describeEvents(events: readonly WireEvent[]): string {
  if (events.length === 0) return 'nothing was tracked.'
  const lines = events.map(({ id: _id, occurredAt: _at, sessionId: _session, seq: _seq, type, ...rest }) =>
    `  ${type} ${inWords(rest)}`.trimEnd(),
  )
  return `tracked so far:\n${lines.join('\n')}`
}

const inWords = (value: object) =>
  Object.keys(value).length > 0
    ? JSON.stringify(value, (_, part: unknown) =>
        typeof part === 'object' && part !== null && 'asymmetricMatch' in part ? String(part) : part,
      )
    : ''

declare global {
  namespace jest {
    // Vitest extends the same interface, so this serves both. The names and the default are those of both.
    // oxlint-disable-next-line typescript/no-empty-object-type -- two declarations of one interface must be the same
    interface Matchers<R, T = {}> {
      /** Whether a tracker of `createTestTracker()` has tracked an event of this type with at least these fields. */
      toHaveTracked(type: string, fields?: ExpectedFields): R
    }
  }
}
