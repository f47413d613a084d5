// The first page of the demo's dashboard: its answers are made before anybody asks, and kept.
import { expect, test } from 'vitest'
import { firstPageQuestions, prepareFirstPage } from '../../src/demo/first-page'
import { about, ADMIN_TOKEN, useCollectors } from '../support/collectors'
import { onBothDatabases } from '../support/databases'

onBothDatabases('the first page', (database) => {
  const build = useCollectors(database)

  test('is asked for question by question, with the days before', async () => {
    let now = Date.parse('2026-11-21T12:00:00Z')
    const { app, call, send } = await build({}, () => now)
    const asked: string[] = []
    app.addHook('onResponse', async ({ url }, { statusCode }) => void asked.push(`${statusCode} ${url}`))
    await send([about('1', { occurredAt: now })])
    asked.length = 0
    await prepareFirstPage(app, ADMIN_TOKEN, new AbortController().signal)
    const before = 'from=2026-11-08&to=2026-11-14&audience=all'
    expect(asked).toEqual(
      [...firstPageQuestions, `site?${before}`, `series?${before}`].map((question) => `200 /v1/stats/${question}`),
    )
    // Kept: whoever asks a minute later gets the answer that was made then.
    now += 60_000
    const { freshAsOf } = (
      await call('GET', `/v1/stats/${firstPageQuestions[0]}`, undefined, { token: ADMIN_TOKEN })
    ).json()
    expect(freshAsOf).toBe('2026-11-21T12:00:00.000Z')
  })

  test('is left alone when the demo ends', async () => {
    const { app } = await build()
    const ending = new AbortController()
    const asked: string[] = []
    app.addHook('onResponse', async ({ url }) => {
      asked.push(url)
      if (asked.length === 2) ending.abort()
    })
    await prepareFirstPage(app, ADMIN_TOKEN, ending.signal)
    expect(asked).toHaveLength(2)
  })

  test('is of no account when the collector refuses', async () => {
    const { app } = await build()
    const asked: number[] = []
    app.addHook('onResponse', async (_request, { statusCode }) => void asked.push(statusCode))
    await prepareFirstPage(app, 'not-the-token', new AbortController().signal)
    expect(asked).toEqual(firstPageQuestions.map(() => 401))
  })
})
