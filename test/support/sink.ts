// A collector that remembers what it was sent, for browser tests that look at events rather than at numbers.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Batch, WireEvent } from '../../packages/sdk/src/wire'

export interface Sink {
  origin: string
  events: WireEvent[]
  close(): Promise<void>
}

export async function openSink(): Promise<Sink> {
  const events: WireEvent[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const origin = request.headers.origin ?? '*'
      const batch: Batch = body ? JSON.parse(body) : { events: [] }
      events.push(...batch.events)
      response.writeHead(200, {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'content-type': 'application/json',
      })
      response.end(
        JSON.stringify({ success: true, tracked: batch.events.length, duplicates: 0, dropped: {}, errors: [] }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
