// Waits for SIGTERM or Ctrl-C and gives the work at hand a bounded time to end; the second signal ends at once.

const MAX_CLOSE_MS = 10_000
/** Shells report a process that a signal ended as 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** Resolves when `close` has finished after the first signal. Ends the process with 1 when that takes too long. */
export async function untilToldToStop(close: () => Promise<void>): Promise<void> {
  let closing = false
  await new Promise<void>((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        // oxlint-disable-next-line unicorn/no-process-exit -- the point of a second signal is not to wait for anything
        if (closing) process.exit(exitCodes[signal])
        closing = true
        setTimeout(() => {
          console.error('sightline: closing took too long; what was acknowledged is stored.')
          // oxlint-disable-next-line unicorn/no-process-exit -- something hangs, so nothing can end by itself
          process.exit(1)
        }, MAX_CLOSE_MS).unref()
        close().then(resolve, reject)
      })
    }
  })
}
