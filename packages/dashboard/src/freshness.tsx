// The last line of a page: which zone's days these are, how fresh they are and what they were added up from.
import type { Provenance } from '@sightline/collector/stats'
import { formats } from './format'
import type { AnswerState } from './use-answer'

const sourceWords: Record<string, string> = {
  counters: 'live counters',
  closed_days: 'closed days',
  events: 'single events',
}

interface FreshnessProps {
  answer: Pick<Provenance, 'timezone' | 'freshAsOf' | 'lateAsOf' | 'madeFrom' | 'from' | 'keptFrom'>
  state: Pick<AnswerState<unknown>, 'loading' | 'reload'>
}

export const Freshness = ({ answer, state: { loading, reload } }: FreshnessProps) => (
  <footer>
    <span>
      Days are counted in {answer.timezone}. Everything stored by {formats.time(answer.freshAsOf, answer.timezone)} is
      in these numbers, added up from{' '}
      {answer.madeFrom.map((each) => sourceWords[each] ?? each).join(' and ') || 'nothing'}.
      {answer.lateAsOf !== null &&
        ` What came late for days that are closed is in them up to ${formats.time(answer.lateAsOf, answer.timezone)}.`}
      {answer.from < answer.keptFrom &&
        ` Numbers of before ${formats.shortDay(answer.keptFrom)} are not kept any more.`}
    </span>
    <button class="quiet-button" type="button" onClick={reload} disabled={loading}>
      {loading ? 'Refreshing …' : 'Refresh'}
    </button>
  </footer>
)
