// Runs inside the browser: a long page of cards, and every way to observe them that is compared.
import { createElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { useInView } from 'react-intersection-observer'
import { createTracker } from '../../packages/sdk/src/index'

/** The list that Sightline gives to its own observer: every whole percent. */
const thresholds = Array.from({ length: 101 }, (_, percent) => percent / 100)

/** Observers live as long as somebody holds them; these are the ones of the variant on this page. */
const held = []

/** @type {Record<string, (cards: Element[]) => void>} how each variant registers cards that are in the page already */
const registrations = {
  none() {},

  // Its callback is empty on purpose: nothing that a library does with an entry is in this number.
  shared(cards) {
    const observer = new IntersectionObserver(() => {}, { threshold: thresholds })
    held.push(observer)
    for (const card of cards) observer.observe(card)
  },

  sightline(cards) {
    const tracker = startTracker()
    held.push(tracker)
    for (const [position, card] of cards.entries()) tracker.observe(card, subjectOf(card, position))
  },

  perElement(cards) {
    for (const card of cards) {
      const observer = new IntersectionObserver(() => {}, { threshold: thresholds })
      held.push(observer)
      observer.observe(card)
    }
  },
}

/** Sending is put off until the page is gone: this is about observing. */
export function startTracker() {
  return createTracker({ endpoint: '/collect', flushIntervalMs: 600_000 })
}

export function subjectOf(card, position) {
  return { content: { type: 'post', id: card.id }, source: 'feed', position }
}

export function addCards(count) {
  const list = document.createDocumentFragment()
  const cards = Array.from({ length: count }, (_, index) => {
    const card = document.createElement('article')
    card.className = 'card'
    card.id = `c${index}`
    card.textContent = `Card ${index}`
    list.append(card)
    return card
  })
  document.body.append(list)
  return cards
}

let cards = []

/** Steps before the measured registration. React makes its cards itself: see `register`. */
export function prepare(variant, count) {
  if (variant !== 'react') cards = addCards(count)
}

export function register(variant, count) {
  if (variant === 'react') mount(ObservedCard, count)
  else registrations[variant](cards)
}

let root

/** Also used with `PlainCard`, to subtract what React needs for the same cards without an observer. */
function mount(Card, count) {
  root = createRoot(document.body.appendChild(document.createElement('main')))
  flushSync(() => root.render(Array.from({ length: count }, (_, index) => createElement(Card, { key: index, index }))))
}

export function mountPlainReact(count) {
  mount(PlainCard, count)
}

export function unmountReact() {
  flushSync(() => root.unmount())
  document.querySelector('main').remove()
}

function PlainCard({ index }) {
  return createElement('article', { className: 'card', id: `c${index}` }, `Card ${index}`)
}

// As its documentation shows it, with one threshold: each one more would render the card once more as it scrolls by.
function ObservedCard({ index }) {
  const { ref } = useInView({ threshold: 0.5 })
  return createElement('article', { ref, className: 'card', id: `c${index}` }, `Card ${index}`)
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** Draws `frames` frames and scrolls by `stepPx` in each of them. */
export async function scroll(frames, stepPx) {
  for (let frame = 0; frame < frames; frame++) {
    await nextFrame()
    window.scrollBy({ top: stepPx, behavior: 'instant' })
  }
  await nextFrame()
}
