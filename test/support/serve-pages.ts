// A small web site for browser tests, on an origin of its own.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Site {
  origin: string
  close(): Promise<void>
}

/** Serves the given bodies by path; a path ending in `.js` is a script, everything else a page. */
export async function servePages(pages: Record<string, string>): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://site').pathname
    const body = pages[path]
    if (body === undefined) return void response.writeHead(404).end()
    const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
