// Collectors for one test each, and requests to them as browsers, servers and owners send them.
import type { IngestResult, WireEvent } from '@sightline/sdk/wire'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { SignJWT } from 'jose'
import { afterEach, expect } from 'vitest'
import { buildCollector } from '../../src/collector'
import type { Config } from '../../src/config'
import type { Database } from '../../src/database/open-database'
import { undescribed } from './described-answers'
import { impression } from './events'

export const JWT_SECRET = 'k3Jx9-Vq7Lm2Pz8Rt5Wb1Yc6Nd4Hf0Gs'
export const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
export const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36'

/** A token of the site's own secret. */
export function tokenOf(sub: string, claims: Record<string, unknown> = {}, now = Date.now()): Promise<string> {
  const issuedAt = Math.floor(now / 1_000)
  const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setIssuedAt(issuedAt)
  return token.setExpirationTime(issuedAt + 3_600).sign(new TextEncoder().encode(JWT_SECRET))
}

export interface Sending {
  token?: string
  headers?: Record<string, string>
  /** Fields of the batch beside its events. */
  body?: object
  address?: string
}

export interface TestCollector {
  app: FastifyInstance
  /** Sends a batch and returns the whole answer. */
  post: (events: WireEvent[], sending?: Sending) => Promise<LightMyRequestResponse>
  /** Sends a batch that is taken. */
  send: (events: WireEvent[], sending?: Sending) => Promise<IngestResult>
  /** Any request, as JSON. */
  call: (
    method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS',
    url: string,
    payload?: unknown,
    sending?: Sending,
  ) => Promise<LightMyRequestResponse>
  /** Registers a content with the admin token. */
  register: (id: string, fields: object) => Promise<void>
}

/** Makes collectors that close after the test. `now` is the wall clock that they go by. */
export function useCollectors(database: () => Database) {
  const apps: FastifyInstance[] = []
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()))
  })

  return async function build(config: Partial<Config> = {}, now: () => number = Date.now): Promise<TestCollector> {
    const app = await buildCollector({
      db: database(),
      config: { logLevel: 'silent', jwtSecret: JWT_SECRET, adminToken: ADMIN_TOKEN, ...config },
      now,
    })
    apps.push(app)

    const call: TestCollector['call'] = async (method, url, payload, { token, headers, address } = {}) => {
      const answer = await app.inject({
        method,
        url,
        headers: {
          'user-agent': BROWSER,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(payload !== undefined && { payload: payload as object }),
        ...(address !== undefined && { remoteAddress: address }),
      })
      // Every answer that a test provokes is one that the API description tells.
      if (method !== 'OPTIONS') expect(undescribed(method, url, answer)).toEqual([])
      return answer
    }
    const post: TestCollector['post'] = (events, sending = {}) =>
      call('POST', '/v1/events', { ...sending.body, events }, sending)

    return {
      app,
      call,
      post,
      async send(events, sending) {
        const answer = await post(events, sending)
        if (answer.statusCode !== 200) throw new Error(`expected the batch to be taken, got ${answer.body}`)
        return answer.json<IngestResult>()
      },
      async register(id, fields) {
        const answer = await call('PUT', `/v1/content/post/${id}`, fields, { token: ADMIN_TOKEN })
        if (answer.statusCode >= 300) throw new Error(`expected the content to be registered, got ${answer.body}`)
      },
    }
  }
}

/** An event about a post. */
export const about = (id: string, fields: Partial<WireEvent> = {}): WireEvent =>
  impression({ content: { type: 'post', id }, ...fields })
