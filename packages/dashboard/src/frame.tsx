// What is around every page: where else to go, which days and whose events, the keyboard, and the way out.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Choices } from './choices'
import { GoLink } from './go-link'
import { pressKey, shortcuts } from './keys'
import { Logo } from './logo'
import { PeriodPicker } from './period-picker'
import { audiences, daysIn, pages, shiftRange } from './selection'
import { pagesFor, useSession } from './session'
import { useNavigation } from './use-selection'

export function Frame({ children }: { children: ComponentChildren }) {
  const { selection, go } = useNavigation()
  const { who, signOut, refresh, shownRange } = useSession()
  const help = useRef<HTMLDialogElement>(null)
  const lastToday = useRef<string | null>(null)
  const mayOpen = pagesFor(who)
  const { page, period } = selection
  const hasDays = page !== 'live' && page !== 'trust'

  const shift = (steps: number) => {
    const shown = shownRange.current
    if (shown === null || !hasDays) return
    // An answer about the last days ends with the site's today.
    if ('days' in period) lastToday.current = shown.to
    const next = shiftRange(shown, steps)
    const today = lastToday.current
    if (today === null || next.to < today) return go({ period: { from: next.from, to: next.to } })
    if (!('days' in period)) go({ period: { days: daysIn(shown) } })
  }

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const actions = { selection, go, shift, refresh, mayOpen, help: () => help.current?.showModal() }
      if (pressKey(event, actions)) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  })

  useEffect(() => {
    document.title = `${pages.find(({ value }) => value === page)?.label ?? ''} · Sightline`
  }, [page])

  return (
    <div class="page">
      <header>
        <div class="top-bar">
          <h1>
            <Logo /> Sightline
          </h1>
          <nav aria-label="Pages">
            {pages
              .filter(({ value }) => mayOpen.includes(value))
              .map(({ value, label }) => (
                <GoLink key={value} to={{ page: value, content: null }} current={value === page}>
                  {label}
                </GoLink>
              ))}
          </nav>
          <div class="way-out">
            <button
              class="quiet-button"
              type="button"
              onClick={() => help.current?.showModal()}
              aria-label="Keyboard keys"
            >
              ?
            </button>
            <button class="quiet-button" type="button" onClick={() => signOut(null)}>
              Sign out
            </button>
          </div>
        </div>
        {hasDays && (
          <div class="controls">
            <PeriodPicker onShift={shift} />
            <Choices
              legend="Audience"
              name="audience"
              choices={audiences}
              value={selection.audience}
              onChange={(audience) => go({ audience })}
            />
            {page !== 'feed' && (
              <label class="check">
                <input
                  type="checkbox"
                  checked={selection.compares}
                  onChange={(event) => go({ compares: event.currentTarget.checked })}
                />
                <span>Compare</span>
              </label>
            )}
          </div>
        )}
      </header>
      {children}
      <dialog ref={help} aria-labelledby="keys-title">
        <h2 id="keys-title">Keyboard</h2>
        <dl class="keys">
          {shortcuts.map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button class="primary" type="submit">
            Close
          </button>
        </form>
      </dialog>
    </div>
  )
}
