// Whether the numbers can be trusted: what came and went and why, what is missing, what waits, what it takes up. For admins.
import type { TrustReport } from '@sightline/collector/trust'
import { formats } from './format'
import { JobPanel } from './job-panel'
import { LetterPanel } from './letter-panel'
import { Answered } from './notices'
import { OutcomePanel } from './outcome-panel'
import { SequencePanel } from './sequence-panel'
import { SettingPanel } from './setting-panel'
import { StoragePanel } from './storage-panel'
import { useAnswer } from './use-answer'

export function TrustPage() {
  const state = useAnswer('trust', (client, signal) => client.ask<TrustReport>('trust', { signal }))
  return (
    <Answered state={state}>
      {(report) => (
        <>
          <OutcomePanel report={report} />
          <div class="columns">
            <SequencePanel sequences={report.sequences} />
            <StoragePanel storage={report.storage} />
          </div>
          <LetterPanel letters={report.deadLetters} onChanged={state.reload} />
          <JobPanel jobs={report.jobs} />
          <SettingPanel settings={report.settings} />
          <footer>
            <span>Looked at {formats.moment(report.madeAt)}.</span>
            <button class="quiet-button" type="button" onClick={state.reload} disabled={state.loading}>
              {state.loading ? 'Refreshing …' : 'Refresh'}
            </button>
          </footer>
        </>
      )}
    </Answered>
  )
}
