// Which days: one of a few periods, two days of the reader's choice, or a step back and forth.
import { useRef, useState } from 'preact/hooks'
import { Choices } from './choices'
import { formats } from './format'
import { daysOf, periods, type DayRange } from './selection'
import { useSession } from './session'
import { useNavigation } from './use-selection'

export function PeriodPicker({ onShift }: { onShift(steps: number): void }) {
  const { selection, go } = useNavigation()
  const { siteTime } = useSession()
  const { period } = selection
  const details = useRef<HTMLDetailsElement>(null)
  const [draft, setDraft] = useState<DayRange>({ from: '', to: '' })

  // Which day it is at the site is known when an answer is there, so it is read when somebody wants to change the days.
  const begin = () => {
    if (siteTime.current !== null) setDraft(daysOf(period, siteTime.current))
  }

  const submit = (event: Event) => {
    event.preventDefault()
    if (draft.from === '' || draft.from > draft.to) return
    if (details.current !== null) details.current.open = false
    go({ period: { from: draft.from, to: draft.to } })
  }

  return (
    <div class="period">
      <button class="step" type="button" aria-label="Period before" onClick={() => onShift(-1)}>
        ‹
      </button>
      <Choices
        legend="Period"
        name="days"
        choices={periods}
        value={'days' in period ? period.days : 0}
        onChange={(days) => go({ period: { days } })}
      />
      <button
        class="step"
        type="button"
        aria-label="Period after"
        disabled={'days' in period}
        onClick={() => onShift(1)}
      >
        ›
      </button>
      <details class="dates" ref={details} onToggle={begin}>
        <summary class={'days' in period ? '' : 'chosen'}>
          {'days' in period ? 'Dates' : formats.days(period.from, period.to)}
        </summary>
        <form class="popover" onSubmit={submit}>
          <label>
            From{' '}
            <input
              type="date"
              required
              value={draft.from}
              max={draft.to}
              onInput={(event) => setDraft({ ...draft, from: event.currentTarget.value })}
            />
          </label>
          <label>
            To{' '}
            <input
              type="date"
              required
              value={draft.to}
              min={draft.from}
              onInput={(event) => setDraft({ ...draft, to: event.currentTarget.value })}
            />
          </label>
          <button class="primary" type="submit">
            Show
          </button>
        </form>
      </details>
    </div>
  )
}
