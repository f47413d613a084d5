import { expect, test } from 'vitest'
import { trackSome } from '../support/batches'
import { useFakePage } from '../support/fake-page'

const world = useFakePage()

/** The site's own answers, one after the other; the last one goes on for ever. */
function tokens(...answers: (() => string | null | Promise<string | null>)[]) {
  const asked: number[] = []
  const token = () => {
    asked.push(Date.now())
    return answers[Math.min(asked.length, answers.length) - 1]!()
  }
  return { asked, token }
}

test('a token travels in the body: not in the address, not in a header, not in the storage', async () => {
  const { page } = world
  const tracker = page.start({ token: () => 'secret' })
  trackSome(tracker, 1)
  await page.advance(5_000)
  const [{ url, init, batch }] = page.requests as [(typeof page.requests)[0]]
  expect([url, init.headers, batch.token]).toEqual(['https://collect.test/v1/events', undefined, 'secret'])
  expect(JSON.stringify(localStorage)).not.toContain('secret')
})

test('nothing is sent before the answer, not even at exit, and nothing is lost', async () => {
  const { page } = world
  let answer!: (token: string) => void
  const tracker = page.start({ token: () => new Promise((resolve) => (answer = resolve)) })
  trackSome(tracker, 30)
  await page.advance(60_000)
  page.exit()
  expect([page.requests, page.beacons]).toEqual([[], []])
  page.comeBack()
  answer('late')
  await page.settle()
  await tracker.flush()
  expect(page.requests.map(({ batch }) => batch.token)).toEqual(['late', 'late'])
  expect(tracker.stats()).toMatchObject({ delivered: 30 })
})

test('the last answer is used at exit, in the same task', async () => {
  const { page } = world
  const { asked, token } = tokens(() => 'cached')
  const tracker = page.start({ token })
  await page.settle()
  trackSome(tracker, 1)
  page.hide()
  expect(page.requests.map(({ batch }) => batch.token)).toEqual(['cached'])
  expect(asked).toHaveLength(1)
  await page.settle()
})

test.each([401, 403])(
  'after a %i the site is asked once more, and the same events leave with the new token',
  async (status) => {
    const { page } = world
    page.collector((request) => request.answer(request.batch.token === 'new' ? 200 : status))
    const { asked, token } = tokens(
      () => 'old',
      () => Promise.resolve('new'),
    )
    const tracker = page.start({ token })
    trackSome(tracker, 20)
    await page.advance(1)
    expect(page.requests.map(({ batch }) => batch.token)).toEqual(['old', 'new'])
    expect([asked.length, tracker.stats().delivered]).toEqual([2, 20])
  },
)

test('a token that is refused again holds everything back, until the site tries anew', async () => {
  const { page } = world
  page.collector(401)
  const { asked, token } = tokens(() => 'bad')
  const tracker = page.start({ token })
  trackSome(tracker, 20)
  await page.advance(500_000)
  page.exit()
  page.comeBack()
  await page.settle()
  expect([asked.length, page.requests.length]).toEqual([2, 2])
  page.collector((request) => request.answer(request.batch.token ? 401 : 200))
  expect(tracker.stats()).toMatchObject({ queued: 20, dropped: {} })
  page.accept()
  expect(await tracker.flush()).toMatchObject({ delivered: 20 })
})

test('a token that expires much later is renewed as well', async () => {
  const { page } = world
  let valid = 'one'
  page.collector((request) => request.answer(request.batch.token === valid ? 200 : 401))
  const tracker = page.start({ token: () => valid })
  for (const next of ['one', 'two', 'three']) {
    valid = next
    trackSome(tracker, 1)
    await page.advance(10_000)
  }
  expect(tracker.stats()).toMatchObject({ delivered: 3 })
  expect(page.requests.map(({ batch }) => batch.token)).toEqual(['one', 'one', 'two', 'two', 'three'])
})

test.each<[string, () => never]>([
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no')) as never],
  ['has none', () => null as never],
])('a site whose function %s sends without a token', async (_, token) => {
  const { page } = world
  const tracker = page.start({ token })
  trackSome(tracker, 1)
  await page.advance(5_000)
  expect(page.requests[0]!.batch).not.toHaveProperty('token')
  expect(tracker.stats()).toMatchObject({ delivered: 1 })
})

test('what was kept is sent with the token of now', async () => {
  const { page } = world
  page.blackHole()
  const before = page.start({ token: () => 'yesterday' })
  await page.settle()
  trackSome(before, 1)
  before.close()
  page.accept()
  await page.settle()
  page.start({ token: () => 'today' })
  await page.advance(5_000)
  expect(page.requests.map(({ batch }) => batch.token)).toEqual(['yesterday', 'today'])
  expect(page.requests[0]!.batch.events).toEqual(page.requests[1]!.batch.events)
})

test('the site is not asked before the visitor has agreed', async () => {
  const { asked, token } = tokens(() => 't')
  const tracker = world.page.start({ token, consent: 'pending' })
  await world.page.settle()
  expect(asked).toEqual([])
  tracker.setConsent('granted')
  expect(asked).toHaveLength(1)
})

test('whoever says yes after a no may be somebody else: the token is asked for anew, and what was asked for before counts no more', async () => {
  const { page } = world
  let answer!: (token: string) => void
  const { asked, token } = tokens(
    () => 'ada',
    () => new Promise((resolve) => (answer = resolve)),
    () => 'grace',
  )
  const tracker = page.start({ token })
  trackSome(tracker, 1)
  await page.advance(5_000)
  tracker.setConsent('denied')
  tracker.setConsent('granted')
  tracker.setConsent('denied')
  tracker.setConsent('granted')
  trackSome(tracker, 1)
  answer('too late')
  await page.settle()
  await tracker.flush()
  expect(page.requests.map(({ batch }) => batch.token)).toEqual(['ada', 'grace'])
  expect(asked).toHaveLength(3)
})
