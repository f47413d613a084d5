// Runs inside the browser: mounts and unmounts cards, and counts what can still be reached afterwards.
import { addCards, startTracker, subjectOf } from './page.mjs'

const MOUNTS = 5

/** Long enough for the cards on screen to be seen, so that unmounting ends views and not only waits. */
const SEEN_AFTER_MS = 1_300

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** How each row ends the observation of cards that leave the document. */
const endings = {
  /** What the adapters do. */
  stopped: (stops) => stops.forEach((stop) => stop()),
  /** A page that throws cards away without a word. */
  forgotten() {},
  /** Proof that a leak would be noticed: it keeps the cards itself. */
  kept(stops, cards) {
    ;(globalThis.kept ??= []).push(cards)
  },
}

/** @returns cards made, cards that are still reachable after a forced collection, targets, timers and observers left */
export async function countLeftovers(ending, count) {
  const native = watchNatives()
  const refs = []
  const tracker = startTracker()
  for (let round = 0; round < MOUNTS; round++) {
    await mountOnce(tracker, refs, ending, count)
    await wait(100)
  }
  await wait(500)
  await collect()
  const reachable = refs.filter((ref) => ref.deref()).length
  const targets = native.targets()
  // A closed tracker keeps nothing; before, one timer waits for the next flush.
  tracker.close()
  return { made: refs.length, reachable, targets, timers: native.timers(), observers: native.observers() }
}

async function mountOnce(tracker, refs, ending, count) {
  const cards = addCards(count)
  for (const card of cards) refs.push(new WeakRef(card))
  const stops = cards.map((card, position) => tracker.observe(card, subjectOf(card, position)))
  await wait(SEEN_AFTER_MS)
  document.body.replaceChildren()
  endings[ending](stops, cards)
}

async function collect() {
  for (let pass = 0; pass < 5; pass++) {
    // Asynchronously, because what the stack might still hold is not collected otherwise.
    await globalThis.gc({ type: 'major', execution: 'async' })
    await wait(50)
  }
}

/** Counts what the tracker asks of the browser and gives back. */
function watchNatives() {
  const timers = new Set()
  const observers = new Map()
  const { setTimeout, clearTimeout } = window
  const { observe, unobserve, disconnect } = IntersectionObserver.prototype
  window.setTimeout = (act, ms) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
    return timer
  }
  window.clearTimeout = (timer) => {
    timers.delete(timer)
    clearTimeout(timer)
  }
  // Observing twice is observing once, and what is not observed may be given back: only real changes count.
  const change = (observer, target, isObserved) => {
    const state = observers.get(observer) ?? { known: new WeakSet(), count: 0 }
    observers.set(observer, state)
    if (state.known.has(target) === isObserved) return
    if (isObserved) state.known.add(target)
    else state.known.delete(target)
    state.count += isObserved ? 1 : -1
  }
  IntersectionObserver.prototype.observe = function (target) {
    change(this, target, true)
    observe.call(this, target)
  }
  IntersectionObserver.prototype.unobserve = function (target) {
    change(this, target, false)
    unobserve.call(this, target)
  }
  IntersectionObserver.prototype.disconnect = function () {
    observers.delete(this)
    disconnect.call(this)
  }
  return {
    targets: () => [...observers.values()].reduce((sum, { count }) => sum + count, 0),
    timers: () => timers.size,
    observers: () => observers.size,
  }
}
