// A network cable to PostgreSQL that tests can pull out: refuses, cuts, freezes, or loses the answer to a COMMIT.
import { createServer, connect, type Socket } from 'node:net'

export interface CuttableProxy {
  /** The database, seen through this proxy. */
  url: string
  /** Refuses new connections and cuts the open ones. */
  pullOut(): void
  plugIn(): void
  /** Lets nothing pass any more, on connections that stay open: a server that stands still. */
  freeze(): void
  /** Lets the next COMMIT reach the server and cuts the connection before the answer comes back. */
  cutAfterNextCommit(): void
  /** How often a connection was cut after COMMIT. */
  cutCommits(): number
  close(): Promise<void>
}

export async function proxyTo(databaseUrl: string): Promise<CuttableProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let isPluggedIn = true
  let isFrozen = false
  let commitsToCut = 0
  let cuts = 0

  const server = createServer((client) => {
    if (!isPluggedIn) {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    let isCut = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        // The server must still get what was sent: its side ends in order.
        if (isCut) upstream.end()
        else upstream.destroy()
      })
    }
    client.on('data', (data) => {
      if (isFrozen) return
      upstream.write(data)
      if (commitsToCut > 0 && data.includes('commit')) {
        commitsToCut--
        cuts++
        isCut = true
      }
    })
    upstream.on('data', (data) => {
      if (isFrozen) return
      if (isCut) client.destroy()
      else client.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(typeof address === 'object' && address ? address.port : 0)
  const cutAll = () => sockets.forEach((socket) => socket.destroy())

  return {
    url: url.href,
    pullOut() {
      isPluggedIn = false
      cutAll()
    },
    plugIn() {
      isPluggedIn = true
    },
    freeze() {
      isFrozen = true
    },
    cutAfterNextCommit() {
      commitsToCut++
    },
    cutCommits: () => cuts,
    async close() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
