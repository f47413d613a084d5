// Which answers a page of another site may read, and the preflights by which its browser asks.
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

export interface CorsOptions {
  /** Sites whose pages may read the answers; empty means every site. */
  allowedOrigins: readonly string[]
  /** Methods by which pages of other sites may call a path; none for what is not for them. */
  openMethods: (path: string) => readonly string[]
}

const PREFLIGHT_MAX_AGE_SECONDS = 86_400

/** Runs before everything else, so that every answer carries the headers, refusals too. */
export async function allowOtherSites(
  app: FastifyInstance,
  { allowedOrigins, openMethods }: CorsOptions,
): Promise<void> {
  const closed: FastifyCorsOptions = { origin: false }
  // Made once for each set of methods: it is asked for with every request.
  const open = new Map<string, FastifyCorsOptions>()
  const optionsFor = (methods: readonly string[]) => {
    const known = open.get(methods.join())
    if (known) return known
    const made = {
      origin: allowedOrigins.length === 0 ? '*' : [...allowedOrigins],
      methods: [...methods],
      allowedHeaders: ['content-type', 'authorization', 'sightline-anonymous-id'],
      exposedHeaders: ['retry-after'],
      maxAge: PREFLIGHT_MAX_AGE_SECONDS,
    }
    open.set(methods.join(), made)
    return made
  }

  await app.register(cors, {
    hook: 'onRequest',
    delegator: (request, done) => {
      const [path = ''] = (request.url ?? '').split('?', 1)
      const methods = openMethods(path)
      done(null, methods.length === 0 ? closed : optionsFor(methods))
    },
  })
}
