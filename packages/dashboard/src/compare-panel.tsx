// Variants side by side, by a key of the events' metadata, and whether a difference is more than chance.
import type { Comparison } from '@sightline/collector/stats'
import { useState } from 'preact/hooks'
import { measuredOn, showInterval } from './click-through'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats, NOTHING } from './format'
import { RefusedPart } from './notices'
import { Panel } from './panel'
import { RateChart } from './rate-chart'
import type { Maybe } from './stats-client'
import { useNavigation } from './use-selection'

type Variant = Comparison['items'][number]

const variantColumns: [Column<Variant>, ...Column<Variant>[]] = [
  { label: 'Value', value: ({ value }) => value },
  {
    label: 'Impressions',
    isNumber: true,
    isSecondary: true,
    show: ({ per }) => formats.count(per),
    value: ({ per }) => per,
  },
  {
    label: 'Clicks',
    isNumber: true,
    isSecondary: true,
    show: ({ events }) => formats.count(events),
    value: ({ events }) => events,
  },
  { label: 'Click-through', isNumber: true, show: ({ rate }) => formats.share(rate), value: ({ rate }) => rate },
  {
    label: '95 % interval',
    isNumber: true,
    show: ({ interval }) => showInterval(interval),
    value: ({ interval }) => interval && `${interval.low} ${interval.high}`,
  },
  {
    label: 'Against the first',
    isNumber: true,
    show: ({ difference }) => (difference === null ? NOTHING : verdictOf(difference)),
    value: ({ difference }) => difference && difference.value,
  },
]

/** Whether a difference is more than chance, in a word. */
function verdictOf({ value, low, high }: NonNullable<Variant['difference']>) {
  const isSure = low > 0 || high < 0
  return (
    <span class={isSure ? (value > 0 ? 'change up' : 'change down') : ''} title={showInterval({ low, high })}>
      {formats.difference(value)} {isSure ? '' : '(may be chance)'}
    </span>
  )
}

export function ComparePanel({ comparison: { answer, refusal } }: { comparison: Maybe<Comparison> }) {
  const { selection, go } = useNavigation()
  const [key, setKey] = useState(selection.key)
  const submit = (event: Event) => {
    event.preventDefault()
    if (key.trim() !== '') go({ key: key.trim() })
  }
  return (
    <Panel
      id="compare"
      title="Comparison"
      class="list"
      note={answer && 'Clicks per impression by a key of the metadata'}
      tools={
        <>
          <form class="picker" onSubmit={submit}>
            <label>
              <span>Key</span>{' '}
              <input value={key} maxLength={64} onInput={(event) => setKey(event.currentTarget.value)} />
            </label>
            <button class="quiet-button" type="submit">
              Compare
            </button>
          </form>
          {answer && (
            <CsvButton
              name={`Comparison by ${answer.key}`}
              rows={answer.items}
              columns={variantColumns}
              fileDays={`${answer.from} ${answer.to}`}
            />
          )}
        </>
      }
    >
      {refusal ? (
        <RefusedPart failure={refusal} />
      ) : (
        <>
          <RateChart
            name="Click-through by variant"
            rates={(answer?.items ?? []).slice(0, 6).map((row) => ({
              label: row.value,
              rate: row.rate,
              interval: row.interval,
              note: measuredOn(row.events, row.per),
            }))}
          />
          <DataTable
            name="Comparison"
            rows={answer?.items ?? []}
            columns={variantColumns}
            keyOf={({ value }) => value}
            empty={`No event of this period has "${selection.key}" in its metadata.`}
          />
          {answer && answer.daysWithout.length > 0 && (
            <p class="quiet nothing">
              Without {answer.daysWithout.map(formats.shortDay).join(', ')}: when those days were closed, this key was
              not counted.
            </p>
          )}
        </>
      )}
    </Panel>
  )
}
