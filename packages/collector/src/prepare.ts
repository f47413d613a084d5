// What must have happened in the database before the first event: tried until it succeeds, so a start never needs luck.
import { classifyError } from './database/error-class'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 1_000

export interface Preparation {
  isDone(): boolean
  /** Why the last attempt failed. */
  problem(): unknown
  /** Ends the attempts. */
  stop(): void
}

/**
 * Runs `prepare` once and waits for it. If the database cannot be reached it goes on trying in the background.
 * @throws what `prepare` throws for any other reason.
 */
export async function prepareUntilDone(
  prepare: () => Promise<void>,
  onFailure: (error: unknown) => void,
): Promise<Preparation> {
  let done = false
  let problem: unknown
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function attempt(pauseMs: number): Promise<void> {
    try {
      await prepare()
      done = true
    } catch (error) {
      if (pauseMs === FIRST_PAUSE_MS && classifyError(error) !== 'connection') throw error
      problem = error
      onFailure(error)
      if (stopped) return
      timer = setTimeout(() => {
        void attempt(Math.min(pauseMs * 2, LONGEST_PAUSE_MS))
      }, pauseMs)
    }
  }

  await attempt(FIRST_PAUSE_MS)
  return {
    isDone: () => done,
    problem: () => problem,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
