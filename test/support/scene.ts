// What a test can do inside a page: put content on screen, let time pass, watch the page's life, count what is left.
import type { ObserveOptions, Subject, Tracker, TrackerOptions, WireEvent } from '../../packages/sdk/src/index'

export * from './clips'

declare global {
  /** This module, in every page that `visit` serves. */
  var scene: typeof import('./scene')
  var SightlineSdk: typeof import('../../packages/sdk/src/index')
}

export interface Box {
  top?: number
  left?: number
  width?: number
  height?: number
  /** Further declarations, such as `opacity: 0`. */
  css?: string
  into?: Element
  tag?: string
}

// Taken before anybody can replace them: a test's own waiting is not a timer of the tracker.
const { setTimeout: startTimer, clearTimeout: stopTimer } = window
const timers = new Set<number>()

window.setTimeout = ((act: TimerHandler, delayMs?: number, ...rest: unknown[]) => {
  const id = startTimer(() => {
    timers.delete(id)
    if (typeof act === 'function') act(...rest)
  }, delayMs)
  timers.add(id)
  return id
}) as typeof setTimeout
window.clearTimeout = ((id?: number) => {
  if (id !== undefined) timers.delete(id)
  stopTimer(id)
}) as typeof clearTimeout

/** Options of every IntersectionObserver that was made in this page. */
export const nativeObservers: IntersectionObserverInit[] = []

window.IntersectionObserver = class extends IntersectionObserver {
  constructor(callback: IntersectionObserverCallback, init: IntersectionObserverInit = {}) {
    super(callback, init)
    nativeObservers.push(init)
  }
}

/** How many timers wait, beside those of `wait()`. */
export const pendingTimers = () => timers.size

/** Milliseconds since 1970 on a clock that no one sets: comparable across documents, and with `atMs` of an event. */
export const now = () => performance.timeOrigin + performance.now()

export const wait = (ms: number) => new Promise<void>((resolve) => void startTimer(resolve, ms))
export const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))

/** Keeps the main thread busy. */
export function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

export interface LifeSign {
  type: string
  atMs: number
  persisted?: boolean
  state: DocumentVisibilityState
}

/** What the page lived through, in order, told before the tracker hears of it. */
export const life: LifeSign[] = []

function listen(target: EventTarget, ...types: string[]): void {
  for (const type of types) {
    const note = (event: Event) => {
      const { persisted } = event as PageTransitionEvent
      life.push({ type, atMs: now(), persisted, state: document.visibilityState })
    }
    target.addEventListener(type, note, true)
  }
}
listen(document, 'visibilitychange', 'freeze', 'resume', 'prerenderingchange')
listen(window, 'pagehide', 'pageshow')

export let tracker: Tracker

/** Every event that was made in this page, in order. */
export const told: WireEvent[] = []

const isCounted = (id: string) => told.some(({ type, content }) => type === 'impression' && content?.id === id)

/** Waits until so many events of a type were made; gives up after five seconds, and the test sees what is missing. */
export async function toldOf(type: string, count = 1): Promise<void> {
  const giveUpAt = performance.now() + 5_000
  while (performance.now() < giveUpAt && told.filter((event) => event.type === type).length < count) await wait(10)
}

/** Waits until each of the contents was counted as seen; gives up after five seconds, and the test sees what is missing. */
export async function counted(ids: string[]): Promise<void> {
  const giveUpAt = performance.now() + 5_000
  while (performance.now() < giveUpAt && !ids.every(isCounted)) await wait(10)
}

function stamp(event: WireEvent): WireEvent {
  const stamped = { ...event, metadata: { ...event.metadata, atMs: now() } }
  told.push(stamped)
  return stamped
}

/** Starts the tracker. Every event carries the moment it was made at: `atMs`, on the clock of `now()`. */
export function start(options: TrackerOptions): Tracker {
  return (tracker = SightlineSdk.createTracker({ ...options, beforeSend: stamp }))
}

/** Puts a box on the page, by default a card of 400 by 200 pixels in the upper left corner. */
export function add({ top = 0, left = 0, width = 400, height = 200, css = '', into, tag = 'article' }: Box = {}) {
  const element = document.createElement(tag)
  element.style.cssText = `position: absolute; background: #ccc; top: ${top}px; left: ${left}px; width: ${width}px; height: ${height}px; ${css}`
  ;(into ?? document.body).append(element)
  return element
}

/** A small card; those of the slots 0 to 39 have room on the first screen beside each other. */
export const addToGrid = (slot: number, box: Box = {}) =>
  add({ left: (slot % 8) * 110, top: Math.floor(slot / 8) * 110, width: 100, height: 100, ...box })

/** A box with room for others and a scroll bar of its own. */
export const addScroller = (box: Box = {}) => add({ tag: 'div', ...box, css: `overflow: auto; ${box.css ?? ''}` })

/** When each content was given to the tracker, on the clock of `now()`: its second cannot have begun before. */
export const observedAtMs: Record<string, number> = {}

export const subject = (id: string): Subject => ({ content: { type: 'post', id } })

export function observe(id: string, element: Element, options?: ObserveOptions): () => void {
  observedAtMs[id] = now()
  return tracker.observe(element, subject(id), options)
}
