// Sends prepared bodies over kept-alive connections and reads only what says that they were stored. Lean on purpose: it
// shares the cores with what is measured.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_ANSWER_MS = 15_000

/**
 * Sends every body once: as fast as they are answered, or one each `everyMs` whether or not the last one is answered.
 * @returns seconds it took, events stored, and milliseconds each request waited
 */
export async function sendAll(port, bodies, { connections, everyMs }) {
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(port)))
  const waitedMs = []
  let stored = 0
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    sockets.map(async (socket) => {
      while (next < bodies.length) {
        const place = next++
        // Waiting for a free connection counts: it is what a visitor would see.
        const dueAt = everyMs === undefined ? performance.now() : startedAt + place * everyMs
        const early = dueAt - performance.now()
        if (early > 0) await sleep(early)
        const tracked = await socket.send(bodies[place])
        stored += tracked
        waitedMs.push(performance.now() - dueAt)
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  for (const socket of sockets) socket.close()
  return { seconds, stored, waitedMs }
}

async function openSocket(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.setTimeout(LONGEST_ANSWER_MS, () => socket.destroy(new Error('bench: the collector does not answer.')))
  let received = ''
  let settle
  socket.on('error', (error) => settle?.reject(error))
  socket.on('data', (data) => {
    received += data.latin1Slice()
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1])
    if (received.length < headEnd + 4 + length) return
    const answer = received
    received = ''
    const tracked = /"tracked":(\d+)/.exec(answer)?.[1]
    if (answer.startsWith('HTTP/1.1 200') && tracked !== undefined) settle.resolve(Number(tracked))
    else settle.reject(new Error(`bench: expected an answer with status 200, got:\n${answer}`))
  })

  return {
    send: (body) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        const head = `POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0\r\nOrigin: http://site.test\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n`
        socket.cork()
        socket.write(head, 'latin1')
        socket.write(body)
        socket.uncork()
      }),
    close: () => socket.destroy(),
  }
}
