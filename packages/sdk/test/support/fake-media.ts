// A player whose clock is the fake one of the test, in the words of somebody who watches: play, pause, seek, wait.
import type { Media } from '../../src/index'

interface State {
  durationMs: number
  loop: boolean
  rate: number
  /** What keeps it from going on. */
  isPaused: boolean
  isWaiting: boolean
  isSeeking: boolean
  /** Where it was, and when: milliseconds of media, milliseconds of the clock. */
  fromMs: number
  since: number
}

export type FakeMedia = HTMLElement & Media

const states = new WeakMap<Media, State>()

const isGoing = ({ isPaused, isWaiting, isSeeking }: State) => !isPaused && !isWaiting && !isSeeking

function positionOf(state: State): number {
  const { fromMs, since, rate, durationMs, loop } = state
  if (!isGoing(state)) return fromMs
  const positionMs = fromMs + (performance.now() - since) * rate
  if (!(durationMs < Infinity)) return positionMs
  return loop ? positionMs % durationMs : Math.min(positionMs, durationMs)
}

/** Changes what a player does; where it has got to stays, unless that is changed too. */
function change(media: Media, changes: Partial<State>): void {
  const state = states.get(media)!
  Object.assign(state, { fromMs: positionOf(state), since: performance.now() }, changes)
}

/** Gives an object the properties of a player that stands at its start. A live stream is `Infinity` long. */
function becomePlayer<Target extends object>(
  target: Target,
  { durationMs = 10_000, loop = false } = {},
): Target & Media {
  const state: State = {
    durationMs,
    loop,
    rate: 1,
    isPaused: true,
    isWaiting: false,
    isSeeking: false,
    fromMs: 0,
    since: 0,
  }
  const player = Object.defineProperties(target, {
    paused: { configurable: true, get: () => state.isPaused },
    ended: { configurable: true, get: () => !state.loop && positionOf(state) >= state.durationMs },
    loop: { configurable: true, get: () => state.loop },
    currentTime: { configurable: true, get: () => positionOf(state) / 1_000 },
    duration: { configurable: true, get: () => state.durationMs / 1_000 },
    playbackRate: { configurable: true, get: () => state.rate },
    seeking: { configurable: true, get: () => state.isSeeking },
    readyState: { configurable: true, get: () => (state.isWaiting || state.isSeeking ? 2 : 4) },
  }) as Target & Media
  states.set(player, state)
  return player
}

export const media = {
  /** A `<video>` in the document, below the screen. */
  add(wishes?: { durationMs?: number; loop?: boolean }): FakeMedia {
    const video = becomePlayer(document.createElement('video') as HTMLElement, wishes)
    document.body.append(video)
    return video
  },
  /** A player that is no element, with nothing but what every player has. */
  plain(): Media {
    const player = becomePlayer({})
    for (const name of ['seeking', 'readyState']) Reflect.deleteProperty(player, name)
    return player
  },

  play(player: Media) {
    change(player, { isPaused: false, ...(player.ended && { fromMs: 0 }) })
  },
  pause: (player: Media) => change(player, { isPaused: true }),
  /** The network is slow; it goes on by itself after `resume`. */
  wait: (player: Media) => change(player, { isWaiting: true }),
  resume: (player: Media) => change(player, { isWaiting: false, isSeeking: false }),
  /** The viewer drags the slider; the new place is there after `resume`. */
  seek: (player: Media, toMs: number) => change(player, { fromMs: toMs, isSeeking: true }),
  setRate: (player: Media, rate: number) => change(player, { rate }),
  /** The page hands it something else to play: it stands still, and its length is not known yet. */
  load: (player: Media) => change(player, { isPaused: true, fromMs: 0, durationMs: NaN }),
}
