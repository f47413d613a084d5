// The cable between collector and PostgreSQL: it can be cut in the moment in which a COMMIT has left and is not answered.
import { connect, createServer } from 'node:net'

/** @returns `port` to connect to, `cutAfterCommit()`, which resolves when a connection was cut, and `close()` */
export async function layCable(databasePort) {
  const sockets = new Set()
  let onCut

  const server = createServer((collector) => {
    const database = connect(databasePort, '127.0.0.1')
    let isCut = false
    for (const socket of [collector, database]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        collector.destroy()
        // What was sent must still arrive.
        if (isCut) database.end()
        else database.destroy()
      })
    }
    collector.on('data', (data) => {
      database.write(data)
      if (onCut === undefined || isCut || !data.includes('commit')) return
      isCut = true
      onCut()
      onCut = undefined
      // The answer must not come through in the meantime.
      collector.destroy()
    })
    database.on('data', (data) => {
      if (!isCut) collector.write(data)
    })
  })
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })

  return {
    port: server.address().port,
    cutAfterCommit: () =>
      new Promise((resolve) => {
        onCut = resolve
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
