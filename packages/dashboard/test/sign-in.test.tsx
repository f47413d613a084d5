import type { Who } from '@sightline/collector/trust'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeCollector, openDashboard, settle } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

const refused = { status: 401, body: { error: { code: 'token_invalid', message: 'no' } } }
const nobody = { body: { role: 'none', userId: null, isKept: false } }
const anAdmin = { body: { role: 'admin', userId: null, isKept: false } }

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
})
afterEach(() => dashboard.close())

async function openSignIn() {
  collector.answers.session = nobody
  dashboard = await openDashboard(collector, '', null)
  collector.answers.session = anAdmin
  collector.asked.length = 0
}

async function signIn(token: string, { isKept = false } = {}) {
  const field = dashboard.page.querySelector<HTMLInputElement>('#token')!
  await act(() => {
    field.value = token
    field.dispatchEvent(new Event('input', { bubbles: true }))
    if (isKept) dashboard.page.querySelector<HTMLInputElement>('input[type=checkbox]')!.click()
  })
  await act(() => {
    dashboard.page.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
  await settle(dashboard.page)
}

test('asks for a token before it asks for any number', async () => {
  collector.answers.session = nobody
  dashboard = await openDashboard(collector, '', null)
  expect(dashboard.page.querySelector('label[for=token]')?.textContent).toBe('Token')
  expect(collector.asked.map(({ path }) => path)).toEqual(['session'])
})

test('opens at once where the browser keeps a session', async () => {
  collector.answers.session = { body: { role: 'admin', userId: null, isKept: true } }
  dashboard = await openDashboard(collector, '', null)
  expect(dashboard.card('Clicks')).toBe('543')
  expect(collector.asked.every(({ authorization }) => authorization === null)).toBe(true)
})

const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true))

/** A collector that does not yet say who asks, and a reader who looks at the page meanwhile. */
async function openBeforeTheAnswer(token: string | null, answer: Who) {
  let say: (() => void) | undefined
  const said = new Promise<void>((resolve) => {
    say = resolve
  })
  const { request } = collector
  collector.answers.session = { body: answer }
  collector.request = async (input, init) => {
    if (String(input).endsWith('/session') && init?.method === 'GET') await said
    return request(input, init)
  }
  dashboard = await openDashboard(collector, '', token)
  return async () => {
    await act(() => say?.())
    await settle(dashboard.page)
  }
}

test('asks who reads and for the first numbers at the same time, where the last session was kept', async () => {
  await openSignIn()
  collector.answers.session = { body: { role: 'admin', userId: null, isKept: true } }
  await signIn('secret-42', { isKept: true })
  const kept = localStorage.getItem('sightline-kept')
  expect([localStorage.length, kept]).toEqual([1, 'admin'])
  await dashboard.close()

  localStorage.setItem('sightline-kept', kept!)
  collector.asked.length = 0
  const say = await openBeforeTheAnswer(null, { role: 'admin', userId: null, isKept: true })
  await until(() => dashboard.card('Clicks') === '543')
  expect(collector.asked.map(({ path }) => path)).not.toContain('session')
  const asked = collector.asked.length
  await say()
  await until(() => collector.asked.length === asked + 1)
  expect(collector.asked.at(-1)?.path).toBe('session')
  expect(dashboard.card('Clicks')).toBe('543')
})

test('does the same with the token of a link, and shows the reader’s own pages once it is known who that is', async () => {
  const say = await openBeforeTheAnswer('secret-42', { role: 'moderator', userId: 'mo', isKept: false })
  await until(() => dashboard.card('Clicks') === '543')
  await say()
  await until(() => !dashboard.page.querySelector('nav')!.textContent.includes('Trust'))
  expect(collector.about('stats/site')).toHaveLength(2)
})

test('asks for a token where a kept session has ended, and guesses no more', async () => {
  localStorage.setItem('sightline-kept', 'admin')
  const missing = { status: 401, body: { error: { code: 'token_missing', message: 'no' } } }
  collector.answers.site = missing
  const say = await openBeforeTheAnswer(null, { role: 'none', userId: null, isKept: false })
  await say()
  await until(() => dashboard.page.querySelector('#token') !== null)
  expect(localStorage.length).toBe(0)
})

test('stays signed out when the answer comes after the reader has left', async () => {
  localStorage.setItem('sightline-kept', 'admin')
  const say = await openBeforeTheAnswer(null, { role: 'admin', userId: null, isKept: true })
  await until(() => dashboard.card('Clicks') === '543')
  await dashboard.click('button', 'Sign out')
  await say()
  expect(dashboard.page.querySelector('#token')).not.toBeNull()
  expect(localStorage.length).toBe(0)
})

test('sends the token with every question, without the spaces around it', async () => {
  await openSignIn()
  await signIn('  secret-42 ')
  expect(collector.asked.length).toBeGreaterThan(3)
  expect(new Set(collector.asked.map((question) => question.authorization))).toEqual(new Set(['Bearer secret-42']))
  expect(collector.asked[0]?.method).toBe('GET')
  expect(dashboard.card('Clicks')).toBe('543')
})

test('lets the browser keep the session on request, and sends the token no more', async () => {
  await openSignIn()
  collector.answers.session = { body: { role: 'admin', userId: null, isKept: true } }
  await signIn('secret-42', { isKept: true })
  const [first, ...others] = collector.asked
  expect([first?.method, first?.authorization]).toEqual(['POST', 'Bearer secret-42'])
  expect(new Set(others.map(({ authorization }) => authorization))).toEqual(new Set([null]))
})

test('says why when the collector does not know the token', async () => {
  await openSignIn()
  collector.answers.session = refused
  await signIn('wrong')
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('not accepted')
})

test('returns to the sign-in when the token is not good any more', async () => {
  collector.answers.site = refused
  dashboard = await openDashboard(collector)
  await vi.waitFor(() => expect(dashboard.page.querySelector('#token')).not.toBeNull())
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('not accepted')
})

test('shows a moderator everything but what is for admins', async () => {
  collector.answers.session = { body: { role: 'moderator', userId: 'mo', isKept: false } }
  dashboard = await openDashboard(collector)
  const pages = [...dashboard.page.querySelectorAll('nav a')].map((link) => link.textContent)
  expect(pages).toEqual(['Overview', 'Content', 'Feed', 'Viewers', 'Live'])
})

test('forgets the token on sign-out, and tells the collector to forget the cookie', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('button', 'Sign out')
  expect(dashboard.page.querySelector('#token')).not.toBeNull()
  expect(dashboard.page.querySelector('[role=alert]')).toBeNull()
  expect(collector.asked.at(-1)).toMatchObject({ method: 'DELETE', path: 'session', authorization: null })
})

test('stores the token nowhere', async () => {
  await openSignIn()
  await signIn('secret-42')
  expect([localStorage.length, sessionStorage.length, document.cookie]).toEqual([0, 0, ''])
  expect(location.href).not.toContain('secret-42')
})
