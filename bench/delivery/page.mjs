// Runs inside the browser: starts one SDK, tracks events that can be told apart, and leaves.

const collector = new URLSearchParams(location.search).get('collector')

export function open(start, track) {
  /** @param noteBytes characters of text that each event carries along */
  function trackMany({ prefix, from, to, noteBytes = 0 }) {
    for (let index = from; index < to; index++) {
      const note = noteBytes ? { note: 'n'.repeat(noteBytes) } : {}
      track({ id: `${prefix}-${index}`, source: prefix, position: index, note })
    }
  }

  /**
   * Tracks in bursts with rests between, as clicks and scrolling come, and tells how long the calls took, in microseconds:
   * each call by a clock of 5, each burst's mean by its whole length.
   */
  async function timeCalls({ prefix, calls, perBurst, restMs }) {
    const eachUs = []
    const meanUs = []
    for (let from = 0; from < calls; from += perBurst) {
      // Also before the first: what the debugger's messages start is not on the CPU clock.
      await new Promise((resolve) => {
        setTimeout(resolve, restMs)
      })
      const begin = performance.now()
      let last = begin
      for (let index = from; index < from + perBurst; index++) {
        track({ id: `${prefix}-${index}`, source: 'feed', position: index % 20, note: {} })
        const now = performance.now()
        eachUs.push((now - last) * 1_000)
        last = now
      }
      meanUs.push(((last - begin) / perBurst) * 1_000)
    }
    return { eachUs, meanUs }
  }

  return {
    timeCalls,
    isReady: Promise.resolve(start(collector)).then(() => true),
    track: trackMany,
    /** The last events, and the exit in the same task. A task of its own, so that whoever asked gets an answer. */
    trackAndNavigate(events, url) {
      setTimeout(() => {
        trackMany(events)
        location.href = url
      })
    },
    trackAndReload(events) {
      setTimeout(() => {
        trackMany(events)
        location.reload()
      })
    },
  }
}
