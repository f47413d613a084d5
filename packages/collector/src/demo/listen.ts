// Finds a port: the one asked for, else the next that is free.
import type { FastifyInstance } from 'fastify'

/** Ports that are tried one after another. */
const PORTS_TRIED = 20

const isTaken = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

/**
 * Listens on this machine only, and returns the port.
 * @throws Error when all ports that were tried are taken.
 */
export async function listenOnFreePort(app: Pick<FastifyInstance, 'listen'>, first: number): Promise<number> {
  const last = Math.min(first + PORTS_TRIED - 1, 65_535)
  for (let port = first; port <= last; port++) {
    try {
      const address = await app.listen({ host: '127.0.0.1', port })
      return Number(new URL(address).port)
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  throw new Error(`The ports ${first} to ${last} are taken. Choose another with --port.`)
}
