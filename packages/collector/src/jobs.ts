// The table of jobs: what runs by itself, how often, and what happens when it fails.

export interface Job {
  name: string
  everyMs: number
  /** May be killed anywhere and run twice. */
  run: () => Promise<void>
}

/** Runs every job at its period until stopped. A failure is told and tried again at the next period. */
export function startJobs(jobs: readonly Job[], onFailure: (job: string, error: unknown) => void): () => void {
  const timers = jobs.map(({ name, everyMs, run }) => {
    let running = false
    const timer = setInterval(() => {
      if (running) return
      running = true
      run()
        .catch((error: unknown) => onFailure(name, error))
        .finally(() => {
          running = false
        })
    }, everyMs)
    // A job alone is no reason for the process to stay.
    timer.unref()
    return timer
  })
  return () => timers.forEach(clearInterval)
}
