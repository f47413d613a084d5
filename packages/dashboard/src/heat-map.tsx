// Hours of the week as a table whose cells are the darker the more happens in them; every cell also says its number.
import type { HoursOfWeek } from '@sightline/collector/stats'
import { formats, NOTHING } from './format'

type Cell = HoursOfWeek['cells'][number]

export type Heat = 'seen' | 'engaged' | 'rate'

/** Of an average such hour in the range, so that a weekday that came twice is not twice as hot. */
export function heatOf({ hours, seen, engaged }: Cell, heat: Heat): number | null {
  if (heat === 'rate') return seen === 0 ? null : engaged / seen
  return hours === 0 ? null : (heat === 'seen' ? seen : engaged) / hours
}

const showHeat = (value: number | null, heat: Heat) => {
  if (value === null) return NOTHING
  return heat === 'rate' ? formats.part(value) : formats.count(Math.round(value * 10) / 10)
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7]
const HOURS = Array.from({ length: 24 }, (_, hour) => hour)

export function HeatMap({ cells, heat }: { cells: Cell[]; heat: Heat }) {
  const most = Math.max(...cells.map((cell) => heatOf(cell, heat) ?? 0)) || 1
  const cellAt = (weekday: number, hour: number) => cells.find((cell) => cell.weekday === weekday && cell.hour === hour)
  return (
    <div class="scroller" tabIndex={0} role="group" aria-label="Engagement by hour">
      <table class="heat">
        <thead>
          <tr>
            <td />
            {HOURS.map((hour) => (
              <th key={hour} scope="col" class={hour % 3 === 0 ? '' : 'between'}>
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {WEEKDAYS.map((weekday) => (
            <tr key={weekday}>
              <th scope="row">{formats.weekday(weekday)}</th>
              {HOURS.map((hour) => {
                const cell = cellAt(weekday, hour)
                const value = cell === undefined ? null : heatOf(cell, heat)
                const shown = showHeat(value, heat)
                return (
                  <td
                    key={hour}
                    style={{ '--heat': ((value ?? 0) / most).toFixed(3) }}
                    title={`${formats.weekday(weekday)} ${hour}:00, ${shown}`}
                  >
                    <span class="unseen">{shown}</span>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
