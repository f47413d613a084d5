// A balancer as small as can be: each request to the next collector, and to another one when that fails or says 503.
import { createServer, request, Agent, type IncomingMessage } from 'node:http'

export interface Balancer {
  url: string
  close(): Promise<void>
}

/** @param targets where the collectors are right now. */
export async function balance(targets: () => readonly string[]): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true })
  let turn = 0

  function forward(
    target: string,
    { url: path, headers }: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const sending = request(
        `${target}${path}`,
        { method: 'POST', agent, headers: { 'content-type': headers['content-type'] } },
        (answer) => {
          const parts: Buffer[] = []
          answer.on('data', (part: Buffer) => parts.push(part))
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }))
          answer.on('error', reject)
        },
      )
      sending.on('error', reject)
      sending.end(body)
    })
  }

  const server = createServer((incoming, reply) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', async () => {
      const all = targets()
      const first = turn++
      for (let tried = 0; tried < all.length; tried++) {
        const target = all[(first + tried) % all.length] ?? ''
        const answer = await forward(target, incoming, Buffer.concat(parts)).catch(() => undefined)
        if (answer === undefined || answer.status === 503) continue
        reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
        return
      }
      reply.writeHead(502).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    async close() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
