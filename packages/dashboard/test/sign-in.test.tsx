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
  expect(pages).toEqual(['Overview', 'Content', 'Feed', 'Live'])
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
