// A media element of a page without media: it plays, pauses and knows its length because a test says so.

const define = (media: HTMLMediaElement, properties: object) => {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(properties))) {
    Object.defineProperty(media, name, { ...descriptor, configurable: true })
  }
}

/** Plays from the start at the speed of the clock, until somebody pauses it. */
export function play(media: HTMLMediaElement, durationMs = 60_000): void {
  const startedAt = performance.now()
  define(media, {
    paused: false,
    ended: false,
    seeking: false,
    readyState: 4,
    duration: durationMs / 1_000,
    get currentTime() {
      return (performance.now() - startedAt) / 1_000
    },
  })
  media.dispatchEvent(new Event('playing'))
}

export function pause(media: HTMLMediaElement): void {
  define(media, { paused: true, currentTime: media.currentTime })
  media.dispatchEvent(new Event('pause'))
}
