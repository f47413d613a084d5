// What is around every page: where else to go, which days and whose events, the keyboard, and the way out.
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Choices } from './choices'
import { formats } from './format'
import { GoLink } from './go-link'
import { pressKey, shortcuts } from './keys'
import { Logo } from './logo'
import { PeriodPicker } from './period-picker'
import { audiences, daysIn, daysOf, lastDays, pages, periods, shiftRange, todayAt } from './selection'
import { pagesFor, useSession } from './session'
import { ShareButton } from './share-dialog'
import { useNavigation } from './use-selection'

export function Frame({ children }: { children: ComponentChildren }) {
  const { selection, go } = useNavigation()
  const { who, signOut, refresh, siteTime } = useSession()
  const help = useRef<HTMLDialogElement>(null)
  const mayOpen = pagesFor(who)
  const { page, period } = selection
  const hasDays = page !== 'live' && page !== 'trust'
  const { share } = who
  const isStaff = who.role === 'admin' || who.role === 'moderator'
  const label = pages.find(({ value }) => value === page)?.label ?? ''
  // Where there is one page, no key leads to another.
  const keys = share ? shortcuts.filter(({ key }) => !/\d/.test(key)) : shortcuts
  /** What a shared page is called. */
  const title = share && (share.name ?? (share.content === null ? label : `${share.content.type}:${share.content.id}`))

  // From the period that is chosen, whose answer may still be on its way.
  const shift = (steps: number) => {
    const site = siteTime.current
    if (site === null || !hasDays) return
    const today = todayAt(site)
    const range = daysOf(period, site)
    const next = shiftRange(range, steps)
    if (next.to < today) return go({ period: next })
    if ('days' in period) return
    const days = daysIn(range)
    go({ period: periods.some(({ value }) => value === days) ? { days } : lastDays(days, today) })
  }

  // At once, so that of two quick presses the second one knows what the first did.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const actions = { selection, go, shift, refresh, mayOpen, help: () => help.current?.showModal() }
      if (pressKey(event, actions)) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  })

  useEffect(() => {
    document.title = title === undefined ? `${label} · Sightline` : `${title} · shared · Sightline`
  }, [label, title])

  return (
    <div class="page">
      <header>
        <div class="top-bar">
          <h1>
            <Logo /> <span>{title ?? 'Sightline'}</span>
          </h1>
          {share ? (
            <p class="quiet">
              Shared, read-only
              {share.expiresAt !== null && `, until ${formats.moment(share.expiresAt)}`}
            </p>
          ) : (
            <nav aria-label="Pages">
              {pages
                .filter(({ value }) => mayOpen.includes(value))
                .map((each) => (
                  <GoLink key={each.value} to={{ page: each.value, content: null }} current={each.value === page}>
                    {each.label}
                  </GoLink>
                ))}
            </nav>
          )}
          <div class="way-out">
            {isStaff && (page === 'overview' || (page === 'content' && selection.content !== null)) && (
              <ShareButton content={page === 'content' ? selection.content : null} />
            )}
            <button
              class="quiet-button"
              type="button"
              onClick={() => help.current?.showModal()}
              aria-label="Keyboard keys"
            >
              ?
            </button>
            {!share && (
              <button class="quiet-button" type="button" onClick={() => signOut(null)}>
                Sign out
              </button>
            )}
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
            {(page === 'overview' || page === 'content') && (
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
          {keys.map(({ key, does }) => (
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
