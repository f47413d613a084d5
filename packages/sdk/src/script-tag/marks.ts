// Keeps the tracker in step with the page's own markup: what is marked is observed, whenever it comes, changes or goes.
import type { Subject } from '../subject'
import type { Tracker } from '../tracker'
import { readSubject } from './attributes'

const MARK = 'data-sightline'
const CLICK = 'data-sightline-click'

interface Observation {
  key: string
  subject: Subject
  stop: () => void
}

/**
 * Observes every `data-sightline` element of the document and records clicks on `data-sightline-click` elements.
 * Elements inside a shadow root are not reached.
 *
 * @param explain is told why an element or a click was left out
 * @returns ends it all
 */
export function followMarks(
  { document, MutationObserver }: Window & typeof globalThis,
  tracker: Pick<Tracker, 'observe' | 'click'>,
  explain: (problem: string) => void,
): () => void {
  const observations = new WeakMap<Element, Observation>()

  function settle(element: Element): void {
    const current = observations.get(element)
    const key = element.isConnected ? element.getAttribute(MARK) : null
    const subject = readSubject(element, key)
    if (key !== null && !subject) explain(`expected ${MARK}="type:id", got "${key}"; the element is not observed.`)

    if (current && subject && current.key === key) {
      current.subject = subject
      return
    }
    current?.stop()
    observations.delete(element)
    if (key === null || !subject) return

    // The last view of the previous content keeps its own position and source: each start has a slot of its own.
    const next: Observation = { key, subject, stop: () => {} }
    next.stop = tracker.observe(element, () => next.subject)
    observations.set(element, next)
  }

  const mutations = new MutationObserver((records) => {
    // A moved element is removed and added in one go; settling it once, at the end, keeps its observation.
    const touched = new Set<Element>()
    for (const { type, target, addedNodes, removedNodes } of records) {
      if (type === 'attributes') touched.add(target as Element)
      for (const node of [...addedNodes, ...removedNodes]) for (const element of markedIn(node)) touched.add(element)
    }
    touched.forEach(settle)
  })
  mutations.observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: [MARK, 'data-sightline-source', 'data-sightline-position'],
  })
  markedIn(document).forEach(settle)

  function recordClick(event: Event): void {
    const { target } = event
    const clicked = target && 'closest' in target ? (target as Element).closest(`[${CLICK}]`) : null
    if (!clicked) return
    const own = clicked.getAttribute(CLICK)
    const named = own ? clicked : clicked.closest(`[${MARK}]`)
    const subject = named && readSubject(named, own || named.getAttribute(MARK))
    if (subject) tracker.click(subject)
    else explain(`expected ${CLICK}="type:id" or a ${MARK} element around it; the click is not recorded.`)
  }
  // In the capture phase, so that a handler of the page that stops the event does not hide it.
  document.addEventListener('click', recordClick, true)

  return () => {
    mutations.disconnect()
    document.removeEventListener('click', recordClick, true)
  }
}

function markedIn(node: Node): Element[] {
  if (!('querySelectorAll' in node)) return []
  const root = node as Element | Document
  const inside = [...root.querySelectorAll(`[${MARK}]`)]
  return 'hasAttribute' in root && root.hasAttribute(MARK) ? [root, ...inside] : inside
}
