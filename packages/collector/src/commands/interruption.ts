// Ctrl-C, or SIGTERM, asks the work at hand to end where it can be taken up again; a second one ends the process, as without us.

/** Exit code of what was stopped before its end: 128 plus the number of SIGINT, as shells count. */
export const INTERRUPTED = 130

const signals = ['SIGINT', 'SIGTERM'] as const

/** Runs `work` with a signal that says when it was told to stop. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController()
  const stop = () => {
    forget()
    abort.abort()
  }
  const forget = () => signals.forEach((name) => process.off(name, stop))
  signals.forEach((name) => process.on(name, stop))
  try {
    return await work(abort.signal)
  } finally {
    forget()
  }
}
