// Five systems' own addresses and bodies on top of one collector: what each of their clients sends, it need not change.
import type { Batch, IngestResult, WireEvent } from '@sightline/sdk/wire'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

/** Who asked, as the collector has to know it: its token, its browser, where it came from. */
const PASSED_ON = ['authorization', 'user-agent', 'referer', 'origin', 'sec-gpc', 'dnt'] as const

/** The collector takes as many in one batch. */
const MAX_POSTS = 100
const MAX_CLICKS = 50
const VIEW_SOURCES = ['explore', 'profile', 'direct', 'search', 'embed']
const FEEDS = ['explore_for_you', 'explore_trending', 'explore_new', 'explore_news']
const CLICK_SOURCES = [...FEEDS, 'search', 'profile', 'related']
const REEL_FIELDS = ['reel_id', 'description', 'viewed_at', 'view_duration'] as const

interface Outcome {
  status: number
  result: IngestResult
}

export function buildFacades(collector: FastifyInstance): FastifyInstance {
  const app = fastify()

  /** Calls the collector in the name of whoever asked. */
  async function call({ headers, ip }: FastifyRequest, method: 'GET' | 'POST', url: string, payload?: object) {
    const known = PASSED_ON.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]))
    return collector.inject({
      method,
      url,
      remoteAddress: ip,
      headers: Object.fromEntries(known),
      ...(payload && { payload }),
    })
  }

  /** Hands events over. Resolves when they are stored. */
  async function store(request: FastifyRequest, events: WireEvent[]): Promise<Outcome> {
    const answer = await call(request, 'POST', '/v1/events', { events } satisfies Batch)
    return { status: answer.statusCode, result: answer.json() }
  }

  // 1 · Feed impressions: the ids of seen posts, each once a session, for signed-in users only.
  app.post<{ Body: { post_ids: number[] } }>(
    '/api/v1/posts/impressions/batch/',
    { preHandler: requireToken, schema: bodyOf({ post_ids: listOf({ type: 'integer' }, MAX_POSTS) }) },
    async (request, reply) => {
      const events = request.body.post_ids.map((id) => ({ type: 'impression', content: post(id), source: 'feed' }))
      const { status, result } = await store(request, events)
      if (status === 401) return reply.status(401).send({ error: 'Authentication required' })
      return reply.status(status).send({ success: result.success, tracked: result.tracked })
    },
  )

  // 2 · Interactions for recommendations: one, or a batch of them.
  interface Interaction {
    post_id: string
    interaction_type: string
    metadata?: { duration?: number; scroll_depth?: number; source?: string; [more: string]: unknown }
  }
  app.post<{ Body: Interaction | { interactions: Interaction[] } }>(
    '/api/track',
    { schema: { body: { type: 'object' } } },
    async (request, reply) => {
      const interactions = 'interactions' in request.body ? request.body.interactions : [request.body]
      const events = interactions.map(({ post_id, interaction_type: type, metadata = {} }) => {
        const { duration: durationMs, scroll_depth: scrollDepth, source, ...more } = metadata
        return { type, content: post(post_id), durationMs, scrollDepth, source, metadata: more } as WireEvent
      })
      const { status, result } = await store(request, events)
      return reply.status(status).send({
        success: result.success ?? false,
        tracked: result.tracked ?? 0,
        errors: (result.errors ?? []).map(({ index, message }) => ({ index, message })),
      })
    },
  )

  // 3 · Page views of a single-page site, and the numbers of one article for its author or a moderator.
  app.post<{ Body: { path: string; referrer?: string } }>(
    '/api/track/page-view',
    { schema: bodyOf({ path: { type: 'string' } }) },
    async (request, reply) => {
      const { path, referrer } = request.body
      const answer = await call(request, 'POST', '/v1/page-views', { path, ...(referrer && { referrer }) })
      return reply.status(answer.statusCode).send()
    },
  )
  app.get<{ Params: { id: string } }>('/api/blog-post/:id/stats', async (request, reply) => {
    const answer = await call(request, 'GET', `/v1/content/post/${encodeURIComponent(request.params.id)}/stats`)
    return reply.status(answer.statusCode).type('application/json').send(answer.body)
  })

  // 4 · Views and clicks of projects, with where they happened; clicks alone or up to 50 at once.
  app.post<{ Params: { id: string }; Body: { source?: string } | null | undefined }>(
    '/api/v1/projects/:id/track-view/',
    async (request, reply) => {
      const source = request.body?.source ?? 'direct'
      if (!VIEW_SOURCES.includes(source)) return reply.status(400).send({ error: expectedSource(VIEW_SOURCES) })
      const url = `/v1/content/project/${encodeURIComponent(request.params.id)}/views`
      const { statusCode } = await call(request, 'POST', url, { source })
      return reply.status(statusCode).send(statusCode === 404 ? { error: 'Project not found' } : {})
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
  const click = {
    type: 'object',
    properties: {
      project_id: { type: 'integer' },
      source: { enum: CLICK_SOURCES },
      position: { type: 'integer', minimum: 0 },
    },
    required: ['project_id', 'source'],
  }
  app.post<{ Body: Click }>('/api/v1/projects/track-click/', { schema: { body: click } }, async (request, reply) => {
    const { status, result } = await store(request, [clickOf(request.body)])
    if (isUnknown(result)) return reply.status(404).send({ error: 'Project not found' })
    return reply.status(status === 200 ? 201 : status).send({})
  })
  app.post<{ Body: { clicks: Click[] } }>(
    '/api/v1/projects/track-clicks/',
    { schema: bodyOf({ clicks: listOf(click, MAX_CLICKS) }) },
    async (request, reply) => {
      const { status, result } = await store(request, request.body.clicks.map(clickOf))
      return reply.status(status === 200 ? 201 : status).send({ count: result.tracked })
    },
  )

  // 5 · Watch time of reels, in seconds, told once when the viewer scrolls away; and what somebody watched lately.
  app.post<{ Params: { id: string }; Body: { view_duration?: number } | null | undefined }>(
    '/api/reels/:id/view',
    { preHandler: requireToken },
    async (request, reply) => {
      const seconds = request.body?.view_duration
      if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 0)) {
        return reply.status(400).send({ error: 'view_duration must be a whole number of seconds from 0 up' })
      }
      const durationMs = seconds === undefined ? undefined : seconds * 1_000
      const { status, result } = await store(request, [
        { type: 'watch', content: { type: 'reel', id: request.params.id }, source: 'reels', durationMs },
      ])
      if (status === 401) return reply.status(401).send({ error: 'Authentication required' })
      if (isUnknown(result)) return reply.status(404).send({ error: 'Reel not found' })
      if (result.dropped?.['private']) return reply.status(400).send({ error: 'Reel is not available' })
      if (status !== 200) return reply.status(status).send({ error: result.errors?.[0]?.message ?? 'Not tracked' })
      return { status: 'success', message: 'View tracked successfully' }
    },
  )
  app.get<{ Querystring: { page?: string; per_page?: string; fields?: string } }>(
    '/api/reels/recently-viewed',
    { preHandler: requireToken },
    async (request, reply) => {
      const { page = '1', per_page: perPage = '20', fields = REEL_FIELDS.join() } = request.query
      const url = `/v1/me/recently-viewed?${new URLSearchParams({ type: 'reel', page, perPage })}`
      const answer = await call(request, 'GET', url)
      if (answer.statusCode === 401) return reply.status(401).send({ error: 'Authentication required' })
      if (answer.statusCode !== 200) return reply.status(answer.statusCode).send({ error: answer.json().error.message })
      const { items, total, pages }: RecentlyViewed = answer.json()
      const asked = fields.split(',')
      return {
        status: 'success',
        data: {
          reels: items.map((item) => pick(reelOf(item), asked)),
          pagination: {
            total,
            pages,
            current_page: Number(page),
            per_page: Number(perPage),
            has_next: Number(page) < pages,
            has_prev: Number(page) > 1,
          },
        },
      }
    },
  )

  app.setErrorHandler<Error & { statusCode?: number }>(({ statusCode = 500, message }, _request, reply) =>
    reply.status(statusCode).send({ error: statusCode < 500 ? message : 'Something went wrong.' }),
  )

  return app
}

/** As much of the collector's answer as a list of reels needs. Addresses and likes are in the site's own tables. */
interface RecentlyViewed {
  items: { content: { id: string }; title: string | null; viewedAt: string; durationMs: number | null }[]
  total: number
  pages: number
}

const reelOf = ({ content, title, viewedAt, durationMs }: RecentlyViewed['items'][number]) => ({
  reel_id: Number(content.id),
  description: title,
  viewed_at: viewedAt,
  view_duration: durationMs === null ? null : Math.round(durationMs / 1_000),
})

const pick = (object: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)))

/** For routes that only signed-in users may use; what the token is worth is for the collector to say. */
async function requireToken(request: FastifyRequest, reply: FastifyReply) {
  if (!request.headers.authorization) return reply.status(401).send({ error: 'Authentication required' })
}

const bodyOf = (properties: Record<string, object>) => ({
  body: { type: 'object', properties, required: Object.keys(properties) },
})
const listOf = (items: object, maxItems: number) => ({ type: 'array', items, minItems: 1, maxItems })

/** Only a strict catalogue knows what there is not. */
const isUnknown = ({ errors = [] }: Partial<IngestResult>) => errors.some(({ code }) => code === 'unknown_content')
const expectedSource = (sources: readonly string[]) => `source must be one of ${sources.join(', ')}`

const post = (id: string | number) => ({ type: 'post', id: String(id) })
const project = (id: string | number) => ({ type: 'project', id: String(id) })
