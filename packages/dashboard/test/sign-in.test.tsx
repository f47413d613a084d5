import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeCollector, openDashboard, settle } from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

const refused = { status: 401, body: { error: { code: 'token_invalid', message: 'no' } } }

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
})
afterEach(() => dashboard.close())

async function signIn(token: string) {
  const field = dashboard.page.querySelector<HTMLInputElement>('#token')!
  await act(() => {
    field.value = token
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => {
    dashboard.page.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
  await settle(dashboard.page)
}

test('asks for a token before it asks the collector anything', async () => {
  dashboard = await openDashboard(collector, '', null)
  expect(dashboard.page.querySelector('label[for=token]')?.textContent).toBe('Admin token')
  expect(collector.asked).toEqual([])
})

test('sends the token with every question, without the spaces around it', async () => {
  dashboard = await openDashboard(collector, '', null)
  await signIn('  secret-42 ')
  expect(collector.asked.map((question) => question.authorization)).toEqual(Array(3).fill('Bearer secret-42'))
  expect(dashboard.card('Clicks')).toBe('543')
})

test('returns to the sign-in and says why when the collector does not know the token', async () => {
  for (const path of ['site', 'series', 'top']) collector.answers[path] = refused
  dashboard = await openDashboard(collector)
  await vi.waitFor(() => expect(dashboard.page.querySelector('#token')).not.toBeNull())
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('not accepted')
})

test('returns to the sign-in when the token may not read site statistics', async () => {
  collector.answers.site = { status: 403, body: { error: { code: 'not_allowed', message: 'no' } } }
  dashboard = await openDashboard(collector)
  await vi.waitFor(() => expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('may not read'))
})

test('forgets the token on sign-out', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('button', 'Sign out')
  expect(dashboard.page.querySelector('#token')).not.toBeNull()
  expect(dashboard.page.querySelector('[role=alert]')).toBeNull()
})

test('stores the token nowhere', async () => {
  dashboard = await openDashboard(collector, '', null)
  await signIn('secret-42')
  expect([localStorage.length, sessionStorage.length, document.cookie]).toEqual([0, 0, ''])
  expect(location.href).not.toContain('secret-42')
})
