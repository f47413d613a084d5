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

  /** The same once more: what its row differs by is noise. */
  sharedAgain(cards) {
    registrations.shared(cards)
  },

  sightline(cards) {
    const [tracker] = held
    for (const [index, card] of cards.entries()) tracker.observe(card, subjects[index])
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
let subjects = []

/** Makes the cards, and what the caller of Sightline says about each. React makes its cards itself. */
export function prepare(variant, count) {
  if (variant === 'react') return
  cards = addCards(count)
  subjects = cards.map(subjectOf)
}

/** What a page pays once, however much it observes. */
export function begin(variant) {
  if (variant === 'sightline') held.push(startTracker())
}

export function register(variant, count) {
  if (variant === 'react') mount(ObservedCard, count)
  else registrations[variant](cards)
}

/** Runs in a task of the page's own; what the debugger's messages start is not on the CPU clock. */
export function inTask(act) {
  return new Promise((resolve) => {
    setTimeout(() => {
      act()
      resolve()
    })
  })
}

function mount(Card, count) {
  const root = createRoot(document.body.appendChild(document.createElement('main')))
  flushSync(() => root.render(Array.from({ length: count }, (_, index) => createElement(Card, { key: index, index }))))
}

/** What React needs for the same cards without an observer; it is not part of a registration. */
export function mountPlain(count) {
  mount(PlainCard, count)
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

/** Draws `frames` frames, and scrolls by `stepPx` in each of them. */
export async function scroll(frames, stepPx = 0) {
  for (let frame = 0; frame < frames; frame++) {
    await nextFrame()
    if (stepPx) window.scrollBy({ top: stepPx, behavior: 'instant' })
  }
  await nextFrame()
}
