// GET /v1/client-address: shows an operator which address the collector would use for them, so that proxies can be set right.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SeenClient } from './examine-site'

/** The answer goes to whoever asked and is neither stored nor logged. */
export function registerClientAddressRoute(
  app: FastifyInstance,
  { requireAdmin }: { requireAdmin: (request: FastifyRequest) => Promise<void> },
): void {
  app.get('/v1/client-address', { preHandler: requireAdmin }, async (request, reply): Promise<SeenClient> => {
    reply.header('cache-control', 'no-store')
    const forwardedFor = request.headers['x-forwarded-for']
    return {
      address: request.ip,
      peer: request.socket.remoteAddress ?? '',
      forwardedFor: forwardedFor === undefined ? null : [forwardedFor].flat().join(', '),
    }
  })
}
