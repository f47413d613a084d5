// Dead letters, and the buttons that store them again.
import type { Replay, TrustReport } from '@sightline/collector/trust'
import { useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'
import { useSession } from './session'
import { StatsFailure } from './stats-client'

type Letter = TrustReport['deadLetters']['items'][number]

export function LetterPanel({ letters, onChanged }: { letters: TrustReport['deadLetters']; onChanged(): void }) {
  const { client } = useSession()
  const [said, setSaid] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  const replay = async (id?: string) => {
    setBusy(true)
    try {
      const { stored, duplicates, refused } = await client.ask<Replay>('trust/dead-letters/replay', {
        method: 'POST',
        query: { id },
      })
      setSaid(
        `Stored ${formats.count(stored)}; ${formats.count(duplicates)} had been stored before; ${formats.count(refused.length)} refused again.`,
      )
      onChanged()
    } catch (error) {
      setSaid(error instanceof StatsFailure ? error.message : 'The replay did not end. Look at the collector’s log.')
    } finally {
      setBusy(false)
    }
  }
  const columns: [Column<Letter>, ...Column<Letter>[]] = [
    { label: 'Arrived', show: ({ receivedAt }) => formats.moment(receivedAt), value: ({ receivedAt }) => receivedAt },
    {
      label: 'Reason',
      show: ({ code, message }) => `${code} ${message}`,
      value: ({ code, message }) => `${code} ${message}`,
    },
    {
      label: 'Again',
      show: ({ id }) => (
        <button class="quiet-button" type="button" disabled={isBusy} onClick={() => void replay(id)}>
          Store
        </button>
      ),
      value: ({ id }) => id,
    },
  ]
  return (
    <Panel
      id="letters"
      title="Dead letters"
      note="Events that the database refused; kept for 7 days"
      class="list"
      tools={
        <>
          {letters.count > 0 && (
            <button class="quiet-button" type="button" disabled={isBusy} onClick={() => void replay()}>
              Store all {formats.count(letters.count)} again
            </button>
          )}
          <CsvButton name="Dead letters" rows={letters.items} columns={columns} />
        </>
      }
    >
      <DataTable
        name="Dead letters"
        rows={letters.items}
        columns={columns}
        keyOf={({ id }) => id}
        empty="None. Every event that was accepted is stored."
      />
      <p class="quiet said" role="status">
        {said}
      </p>
    </Panel>
  )
}
