// What a view is for a player: only the time counts in which it was playing, and it is told as a watch.
import { contentKey } from '../subject'
import type { ViewEndReason, WireEvent } from '../wire'
import type { ObservationPorts } from './observations'
import type { Registration } from './sight'

/** Players tell their end a little late, in milliseconds of media. */
const END_SLACK_MS = 100

/** `HTMLMediaElement.HAVE_FUTURE_DATA`: with less there is nothing to play next. */
const HAVE_FUTURE_DATA = 3

/**
 * What `<video>`, `<audio>` and most players that are custom elements have in common. It is looked at and not listened to:
 * events do not leave a shadow tree, and not every player sends all of them.
 */
export interface Media {
  readonly paused: boolean
  readonly ended: boolean
  readonly loop: boolean
  /** Seconds. */
  readonly currentTime: number
  /** Seconds; not finite where it is unknown, and for a live stream. */
  readonly duration: number
  readonly playbackRate: number
  readonly seeking?: boolean
  readonly readyState?: number
}

/** A player and what its watch has to tell so far. */
interface Play {
  id: number
  /** Weak, so that a player that was dropped without a word can be collected. */
  media: WeakRef<Media>
  told: WireEvent & { durationMs: number }
  isPlaying: boolean
  isPip: boolean
  /** When it was looked at last, in milliseconds since it came on screen. A stall is taken out of them. */
  at: number
  /** The same on the clock of the page. */
  lookedAt: number
  /** Where it was then, in milliseconds of media. */
  positionMs: number
  /** Watched since the media last began from its start. */
  passMs: number
}

/** A call of `observeMedia()`. */
interface Watching extends Registration {
  play: Play
}

const nothingYet = () => ({ told: { type: 'watch', durationMs: 0, completed: false }, passMs: 0 })

const isInPip = (media: unknown) => !!media && document.pictureInPictureElement === media

export function createMedia(record: ObservationPorts['record']) {
  const plays = new WeakMap<Media, Play>()
  let count = 0

  /** Counts what was played since the last look, and tells whether picture-in-picture was left meanwhile. */
  function look(asked: Registration, onScreenMs: number): boolean {
    const { play } = asked as Watching
    const { told } = play
    const media = play.media.deref() ?? ({} as Partial<Media>)
    const { playbackRate, duration = 0, loop, ended } = media
    const rate = playbackRate || 1
    const positionMs = media.currentTime! * 1_000 || 0
    const isPlaying = media.paused === false && !(ended || media.seeking || media.readyState! < HAVE_FUTURE_DATA)
    const isPip = isInPip(media)
    const now = performance.now()
    // What went on in picture-in-picture while the page was hidden is found at its return, which may be what ended it.
    const hasReturned = !onScreenMs && play.isPip
    const passedMs = hasReturned ? now - play.lookedAt : onScreenMs - play.at
    const movedMs = (positionMs - play.positionMs) / rate

    // Kept from the look before: a player that was handed something else to play has forgotten it already.
    if (duration > 0 && duration < Infinity) told.mediaDurationMs = duration * 1_000
    const { mediaDurationMs = Infinity } = told
    const isOver =
      passedMs > 0 &&
      (ended || (play.isPlaying && movedMs < 0 && play.positionMs + passedMs * rate + END_SLACK_MS > mediaDurationMs))
    if (isOver && loop) play.passMs = 0
    // Where it began or ceased to play in between, its own clock tells for how long it did.
    const playedMs = [0, Math.abs(movedMs), hasReturned ? movedMs : passedMs][+isPlaying + +play.isPlaying]!
    const countedMs = Math.max(0, Math.min(passedMs, playedMs, mediaDurationMs - play.passMs))
    play.passMs += countedMs
    if (play.isPip) told.pipMs = (told.pipMs ?? 0) + countedMs
    else told.durationMs += countedMs

    const hasLeftPip = play.isPip && !isPip
    Object.assign(play, { isPlaying, isPip, at: onScreenMs, lookedAt: now, positionMs })
    if (isOver) {
      told.completed = true
      if (!loop) end(asked, 'ended')
    }
    if (hasReturned && !isPip) end(asked, 'hidden')
    return hasLeftPip
  }

  /** Tells the watch, if anything was watched. What goes on begins another one. */
  function end(asked: Registration, endReason: ViewEndReason | undefined): void {
    const { play } = asked as Watching
    const { told } = play
    Object.assign(play, nothingYet())
    if (told.durationMs + (told.pipMs ?? 0) >= 1) record(asked, { ...told, endReason })
  }

  return {
    /** Two players of one content are two, and one player goes on as long as its content is the same. */
    enlist(media: Media, asked: Registration): Registration {
      const play = plays.get(media) ?? {
        ...nothingYet(),
        id: count++,
        media: new WeakRef(media),
        isPlaying: false,
        isPip: false,
        at: 0,
        lookedAt: 0,
        positionMs: 0,
      }
      plays.set(media, play)
      return Object.assign(asked, { key: `${play.id} ${contentKey(asked.content)}`, play })
    },

    // Everything counts as seen: a watch makes no impression.
    isSeen: () => true,
    addTime: () => 0,
    looked: look,
    /** In picture-in-picture it is watched wherever the page is scrolled to. */
    isHeld: (asked: Registration) => isInPip((asked as Watching).play.media.deref()),
    record(asked: Registration, { durationMs = 0, endReason }: Omit<WireEvent, 'content' | 'metadata'>) {
      look(asked, durationMs)
      end(asked, endReason)
    },
  }
}
