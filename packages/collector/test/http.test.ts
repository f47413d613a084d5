// What browsers and operators meet: CORS, origins, the served files, and health.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerAssets } from '../src/assets'
import { buildCollector } from '../src/collector'
import { onBothDatabases } from './support/databases'
import { countRows, impression } from './support/events'

onBothDatabases('the HTTP surface', (database, kind) => {
  let app: FastifyInstance
  const build = async (allowedOrigins: string[] = []) => {
    app = await buildCollector({ db: database(), config: { logLevel: 'silent', allowedOrigins } })
  }
  afterEach(() => app.close())
  const send = (origin: string | undefined) =>
    app.inject({
      method: 'POST',
      url: '/v1/events',
      headers: origin === undefined ? {} : { origin },
      payload: impression(),
    })

  test('answers a preflight that a browser accepts, and remembers for a day', async () => {
    await build()
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
    const answer = await app.inject({ method: 'OPTIONS', url: '/v1/events', headers })
    expect(answer.statusCode).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type, authorization, sightline-anonymous-id',
      'access-control-max-age': '86400',
    })
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test('with an allow-list, other sites get 403 and nothing is stored', async () => {
    await build(['https://a.example'])
    const [own, foreign, opaque, server] = [
      await send('https://a.example'),
      await send('https://evil.example'),
      await send('null'),
      await send(undefined),
    ]
    expect([own, foreign, opaque, server].map(({ statusCode }) => statusCode)).toEqual([200, 403, 403, 200])
    expect(own.headers['access-control-allow-origin']).toBe('https://a.example')
    expect(own.headers['vary']).toMatch(/origin/i)
    expect(foreign.json().error.code).toBe('origin_not_allowed')
    expect(await countRows(database(), 'events')).toBe(2)
  })

  test('lets no other site read the stats', async () => {
    await build()
    const answer = await app.inject({ url: '/v1/stats/site', headers: { origin: 'https://a.example' } })
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('says that it is ready, and how durable it is', async () => {
    await build()
    await send(undefined)
    expect((await app.inject('/healthz')).json()).toEqual({ alive: true })
    const answer = await app.inject('/readyz')
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      {
        ready: true,
        database: kind,
        durability: kind === 'pglite' ? 'memory' : 'power',
        lastCommitAt: expect.stringMatching(/^\d{4}-.*Z$/),
        partitionsAheadDays: 7,
        jobs: [],
      },
    ])
  })

  test('answers unreadable HTTP and unknown paths with the usual body and no version', async () => {
    await build()
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const raw = await new Promise<string>((resolve) => {
      let answer = ''
      const socket = connect(Number(url.port), url.hostname, () => socket.write('NONSENSE\r\n\r\n'))
      socket.on('data', (data) => (answer += data.toString())).on('close', () => resolve(answer))
    })
    expect(raw).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*Access-Control-Allow-Origin: \*\r\n.*"code":"bad_request"/s)
    for (const path of ['/nowhere', '/%zz']) {
      const { body, headers } = await app.inject(path)
      expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
      expect(body).not.toContain(path)
      expect(JSON.stringify(headers)).not.toMatch(/fastify|powered|server/i)
    }
  })
})

describe('served files', () => {
  let dir: string
  let app: FastifyInstance
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sightline-assets-'))
    app = Fastify()
  })
  afterEach(async () => {
    await app.close()
    await rm(dir, { recursive: true, force: true })
  })

  test('serves the script under its configured name to every site, and 304 to who has it', async () => {
    await writeFile(join(dir, 'sightline.js'), 'run()')
    registerAssets(app, 'numbers.js', dir)
    const answer = await app.inject('/numbers.js')
    expect(answer.body).toBe('run()')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
    })
    const again = await app.inject({ url: '/numbers.js', headers: { 'if-none-match': String(answer.headers['etag']) } })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  test('serves the dashboard with a policy that runs nothing foreign and allows no frame', async () => {
    await mkdir(join(dir, 'dashboard'))
    await writeFile(join(dir, 'dashboard', 'index.html'), '<p>numbers</p>')
    await writeFile(join(dir, 'dashboard', 'app.js'), 'show()')
    registerAssets(app, 'sightline.js', dir)
    const page = await app.inject('/')
    expect([page.body, page.headers['content-type']]).toEqual(['<p>numbers</p>', 'text/html; charset=utf-8'])
    expect(page.headers['content-security-policy']).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    expect(page.headers['referrer-policy']).toBe('no-referrer')
    expect((await app.inject('/app.js')).body).toBe('show()')
    expect((await app.inject('/../package.json')).statusCode).toBe(404)
  })

  test('says in one sentence what is missing when nothing was built', async () => {
    registerAssets(app, 'sightline.js', dir)
    expect((await app.inject('/')).body).toMatch(/dashboard was not built\. .+\.\n$/)
    expect((await app.inject('/sightline.js')).body).toMatch(/not built/)
  })
})
