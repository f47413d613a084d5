// Five systems' own addresses and bodies on top of one collector: what each of their clients sends, it need not change.
import type { Batch, IngestResult, WireEvent } from '@sightline/sdk/wire'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

/** Who asked, as the collector has to know it: its token, its browser, where it came from. */
const PASSED_ON = ['authorization', 'user-agent', 'referer', 'origin'] as const

const MAX_CLICKS = 50

interface Outcome {
  status: number
  result: IngestResult
}

export function buildFacades(collector: FastifyInstance): FastifyInstance {
  const app = fastify()

  /** Hands events to the collector in the name of whoever asked. Resolves when they are stored. */
  async function store({ headers, ip }: FastifyRequest, events: WireEvent[]): Promise<Outcome> {
    const known = PASSED_ON.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))
    const answer = await collector.inject({
      method: 'POST',
      url: '/v1/events',
      remoteAddress: ip,
      headers: Object.fromEntries(known),
      payload: { events } satisfies Batch,
    })
    return { status: answer.statusCode, result: answer.json() }
  }

  // 1 · Feed impressions: the ids of seen posts, each once a session, for signed-in users only.
  app.post<{ Body: { post_ids: number[] } }>(
    '/api/v1/posts/impressions/batch/',
    { preHandler: requireToken },
    async (request, reply) => {
      const events = request.body.post_ids.map((id) => ({ type: 'impression', content: post(id), source: 'feed' }))
      const { status, result } = await store(request, events)
      return reply.status(status).send({ success: result.success, tracked: result.tracked })
    },
  )

  // 2 · Interactions for recommendations: one, or a batch of them.
  interface Interaction {
    post_id: string
    interaction_type: string
    metadata?: { duration?: number; scroll_depth?: number; source?: string; [more: string]: unknown }
  }
  app.post<{ Body: Interaction | { interactions: Interaction[] } }>('/api/track', async (request, reply) => {
    const interactions = 'interactions' in request.body ? request.body.interactions : [request.body]
    const events = interactions.map(({ post_id, interaction_type: type, metadata = {} }) => {
      const { duration: durationMs, scroll_depth: scrollDepth, source, ...more } = metadata
      return { type, content: post(post_id), durationMs, scrollDepth, source, metadata: more } as WireEvent
    })
    const { status, result } = await store(request, events)
    return reply.status(status).send({
      success: result.success,
      tracked: result.tracked,
      errors: (result.errors ?? []).map(({ index, message }) => ({ index, message })),
    })
  })

  // 3 · Page views of a single-page site, and the numbers of one article for its author or a moderator.
  app.post<{ Body: { path: string; referrer?: string } }>('/api/track/page-view', async (request, reply) => {
    const { path, referrer } = request.body
    const { status } = await store(request, [{ type: 'page_view', content: { type: 'page', id: path }, referrer }])
    return reply.status(status === 200 ? 204 : status).send()
  })
  app.get<{ Params: { id: string } }>('/api/blog-post/:id/stats', async (request, reply) => {
    const { authorization = '' } = request.headers
    const url = `/v1/content/post/${encodeURIComponent(request.params.id)}/stats`
    const answer = await collector.inject({ url, headers: { authorization } })
    return reply.status(answer.statusCode).type('application/json').send(answer.body)
  })

  // 4 · Views and clicks of projects, with where they happened; clicks alone or up to 50 at once.
  app.post<{ Params: { id: string }; Body: { source?: string } | undefined }>(
    '/api/v1/projects/:id/track-view/',
    async (request, reply) => {
      const source = request.body?.source ?? 'direct'
      const { status } = await store(request, [{ type: 'view', content: project(request.params.id), source }])
      return reply.status(status === 200 ? 201 : status).send({})
    },
  )
  interface Click {
    project_id: number
    source: string
    position?: number
  }
  const clickOf = ({ project_id, source, position }: Click): WireEvent => ({
    type: 'click',
    content: project(project_id),
    source,
    position,
  })
  const isClick = (click: Partial<Click>) => click.project_id !== undefined && click.source !== undefined
  app.post<{ Body: Click }>('/api/v1/projects/track-click/', async (request, reply) => {
    if (!isClick(request.body)) return reply.status(400).send({ error: 'project_id and source are required' })
    const { status } = await store(request, [clickOf(request.body)])
    return reply.status(status === 200 ? 201 : status).send({})
  })
  app.post<{ Body: { clicks: Click[] } }>('/api/v1/projects/track-clicks/', async (request, reply) => {
    const { clicks } = request.body
    if (clicks.length === 0 || clicks.length > MAX_CLICKS || !clicks.every(isClick)) {
      return reply.status(400).send({ error: `expected 1 to ${MAX_CLICKS} clicks with project_id and source` })
    }
    const { status, result } = await store(request, clicks.map(clickOf))
    return reply.status(status === 200 ? 201 : status).send({ count: result.tracked })
  })

  // 5 · Watch time of reels, in seconds, told once when the viewer scrolls away.
  app.post<{ Params: { id: string }; Body: { view_duration?: number } | undefined }>(
    '/api/reels/:id/view',
    { preHandler: requireToken },
    async (request, reply) => {
      const seconds = request.body?.view_duration
      const durationMs = seconds === undefined ? undefined : seconds * 1_000
      const { status, result } = await store(request, [
        { type: 'watch', content: { type: 'reel', id: request.params.id }, durationMs },
      ])
      if (status === 401) return reply.status(401).send({ error: 'Authentication required' })
      if (status !== 200) return reply.status(status).send({ error: result.errors?.[0]?.message ?? 'Not tracked' })
      return { status: 'success', message: 'View tracked successfully' }
    },
  )

  return app
}

/** For routes that only signed-in users may use; what the token is worth is for the collector to say. */
async function requireToken(request: FastifyRequest, reply: FastifyReply) {
  if (!request.headers.authorization) return reply.status(401).send({ error: 'Authentication required' })
}

const post = (id: string | number) => ({ type: 'post', id: String(id) })
const project = (id: string | number) => ({ type: 'project', id: String(id) })
