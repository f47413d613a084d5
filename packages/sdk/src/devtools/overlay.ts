// The journal on screen: in a shadow root, as text nodes, read anew a few times a second and only when it has changed.
import type { TrackerStats } from '../core'
import type { ElementEntry, EventEntry, Journal, MessageEntry } from './journal'
import { boxStyle, overlayStyle } from './style'

/** How often the overlay looks at what is new, in milliseconds. */
const REFRESH_MS = 250

const VIEWS = ['elements', 'events', 'messages'] as const
const NUMBERS = ['queued', 'inFlight', 'unconfirmed', 'delivered', 'dropped'] as const
const labels: Record<string, string> = { inFlight: 'in flight' }

const nothing = () => {}

/** Shows the overlay; returns what takes it away. On a server it shows nothing. */
export function openOverlay(journal: Journal, readStats: () => TrackerStats): () => void {
  if (typeof document === 'undefined') return nothing
  const host = document.createElement('sightline-devtools')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  const boxSheet = new CSSStyleSheet()
  sheet.replaceSync(overlayStyle)
  root.adoptedStyleSheets = [sheet, boxSheet]

  let view: (typeof VIEWS)[number] = 'elements'
  let isFolded = false
  let drawn = ''

  const summary = make('span', { class: 'summary' })
  const fold = make('button', { type: 'button', 'aria-controls': 'body' })
  const numbers = NUMBERS.map((name) => ({ name, value: make('dd') }))
  const reasons = make('span', { class: 'bad' })
  const tabs = VIEWS.map((name) => ({ name, button: make('button', { type: 'button' }) }))
  const list = make('ol')
  const body = make(
    'div',
    { id: 'body' },
    make('dl', {}, ...numbers.map(({ name, value }) => make('div', {}, make('dt', {}, labels[name] ?? name), value))),
    make('nav', { 'aria-label': 'What to show' }, ...tabs.map(({ button }) => button)),
    list,
  )
  const box = make('div', { class: 'box', hidden: '' })
  const section = make(
    'section',
    { 'aria-label': 'Sightline devtools' },
    make('header', {}, make('h1', {}, 'Sightline'), summary, reasons, fold),
    body,
  )
  root.append(section, box)

  /** The rows that are there, by the id of their entry: a row that stays keeps the focus of its button. */
  let rows = new Map<string, { row: HTMLElement; update: (entry: never) => void }>()

  function drawRows<Entry extends { id: string }>(
    entries: readonly Entry[],
    create: (entry: Entry) => { row: HTMLElement; update: (entry: Entry) => void },
    empty: string,
  ): void {
    const next = new Map<string, { row: HTMLElement; update: (entry: never) => void }>()
    for (const entry of entries) {
      const known = rows.get(entry.id) ?? create(entry)
      known.update(entry as never)
      next.set(entry.id, known)
    }
    rows = next
    const wanted = [...next.values()].map(({ row }) => row)
    if (wanted.length === 0) wanted.push(make('li', { class: 'empty' }, empty))
    const isSame = wanted.length === list.childElementCount && wanted.every((row, at) => list.children[at] === row)
    if (isSame) return
    const focused = root.activeElement as HTMLElement | null
    list.replaceChildren(...wanted)
    if (focused?.isConnected) focused.focus({ preventScroll: true })
  }

  const hideBox = () => void (box.hidden = true)

  function createElementRow(entry: ElementEntry) {
    const name = make('span', { class: 'name' })
    const button = make('button', { type: 'button' }, name)
    const state = make('span', { class: 'state' })
    const point = () => {
      const element = entry.element.deref()
      if (!element?.isConnected) return
      boxSheet.replaceSync(boxStyle(element.getBoundingClientRect()))
      box.hidden = false
    }
    button.addEventListener('click', () => {
      entry.element.deref()?.scrollIntoView({ block: 'center' })
      point()
    })
    button.addEventListener('mouseenter', point)
    button.addEventListener('focus', point)
    button.addEventListener('mouseleave', hideBox)
    button.addEventListener('blur', hideBox)
    return {
      row: make('li', { class: 'column' }, button, state),
      update(now: ElementEntry) {
        write(name, now.name())
        write(state, now.isObserved ? now.state : `${now.state} (observed no more)`)
        button.title = 'Show this element'
        state.classList.toggle('good', now.isCounted)
        button.classList.toggle('ended', !now.isObserved)
      },
    }
  }

  function createEventRow() {
    const name = make('span', { class: 'name' })
    const fate = make('span', { class: 'fate' })
    return {
      row: make('li', {}, name, fate),
      update(now: EventEntry) {
        write(name, now.name)
        write(fate, now.fate)
        fate.classList.toggle('good', now.fate === 'delivered')
        fate.classList.toggle('bad', now.fate.startsWith('dropped'))
      },
    }
  }

  const createMessageRow = ({ text }: MessageEntry) => ({ row: make('li', {}, text), update: nothing })

  function draw(): void {
    const stats = readStats()
    const now = JSON.stringify([journal.version, stats, view, isFolded])
    if (now === drawn) return
    drawn = now
    const dropped = Object.entries(stats.dropped)
    const droppedCount = dropped.reduce((sum, [, count]) => sum + count, 0)
    for (const { name, value } of numbers) write(value, String(name === 'dropped' ? droppedCount : stats[name]))
    write(reasons, dropped.map(([reason, count]) => `${reason} ${count}`).join(', '))
    write(summary, isFolded ? `${stats.recorded} events, ${stats.queued} queued` : `${stats.recorded} events`)
    write(fold, isFolded ? 'Open' : 'Close')
    fold.setAttribute('aria-expanded', String(!isFolded))
    body.hidden = isFolded
    section.classList.toggle('folded', isFolded)
    for (const { name, button } of tabs) {
      write(button, `${name[0]!.toUpperCase()}${name.slice(1)} ${journal[name].length}`)
      button.setAttribute('aria-pressed', String(name === view))
    }
    if (isFolded) return
    if (view === 'elements') drawRows(journal.elements, createElementRow, 'Nothing is observed yet.')
    else if (view === 'events') drawRows(journal.events, createEventRow, 'Nothing was recorded yet.')
    else drawRows(journal.messages, createMessageRow, 'Nothing to report.')
  }

  fold.addEventListener('click', () => {
    isFolded = !isFolded
    draw()
  })
  for (const { name, button } of tabs) {
    button.addEventListener('click', () => {
      view = name
      rows = new Map()
      draw()
    })
  }
  root.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key !== 'Escape' || isFolded) return
    isFolded = true
    hideBox()
    fold.focus()
    draw()
  })

  draw()
  // The script may run before there is a body.
  document.documentElement.append(host)
  const timer = setInterval(draw, REFRESH_MS)
  return () => {
    clearInterval(timer)
    host.remove()
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Text never goes in as markup: names come from the page, and from whoever made its content. */
function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
