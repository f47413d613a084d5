// What a crash would take along is left with the browser, which sends it when the page has ended, however it ended.

/** Shortest time between two wills, in milliseconds: writing one costs as much as writing a request. */
const RENEW_MS = 1_000

export interface LastWill {
  /** Something is open, or something else than before. */
  renew(): void
  /** Nothing is left to be sent. */
  revoke(): void
}

/** `leave` hands everything that is open to the browser and returns how to take it back. */
export function createLastWill(now: () => number, leave: () => (() => void) | undefined): LastWill {
  let takeBack: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let leftAt = -RENEW_MS

  function revoke(): void {
    clearTimeout(timer)
    timer = undefined
    takeBack?.()
    takeBack = undefined
  }

  return {
    revoke,
    renew() {
      timer ??= setTimeout(
        () => {
          revoke()
          leftAt = now()
          takeBack = leave()
        },
        leftAt + RENEW_MS - now(),
      )
    },
  }
}
