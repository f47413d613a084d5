// The people behind the numbers: who came back, what signed-in users did, how long things were looked at.
import type { Durations, Engagement, Retention } from '@sightline/collector/stats'
import { CohortPanel, FOLLOWED_DAYS } from './cohort-panel'
import { EngagementPanel, MOST_USERS } from './engagement-panel'
import { formats } from './format'
import { Freshness } from './freshness'
import { Answered } from './notices'
import { Panel } from './panel'
import { useSession } from './session'
import { daysOf, maybe, rangeOf } from './stats-client'
import { WatchPanel } from './step-panels'
import { TopPanel } from './top-panel'
import { useAnswer } from './use-answer'
import { useNavigation } from './use-selection'

function DurationPanel({ views, watches }: Pick<Durations, 'views' | 'watches'>) {
  const facts: [string, string][] = [
    ['Average view', formats.duration(views.averageMs)],
    ['Views that told a length', formats.count(views.count)],
    ['Average watch', formats.duration(watches.averageMs)],
    ['Watches that told a length', formats.count(watches.count)],
  ]
  return (
    <Panel id="durations" title="How long">
      <dl class="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}

export function ViewersPage() {
  const { siteTime } = useSession()
  const { selection } = useNavigation()
  const { period, audience } = selection
  const state = useAnswer(JSON.stringify([period, audience]), async ({ ask }, signal) => {
    const query = rangeOf(selection)
    const [durations, retention, engagement] = await Promise.all([
      ask<Durations>('stats/durations', { query: { ...query, limit: '10' }, signal }),
      maybe(ask<Retention>('stats/retention', { query: { ...query, periods: String(FOLLOWED_DAYS) }, signal })),
      ask<Engagement>('stats/engagement', { query: { ...daysOf(period), limit: MOST_USERS }, signal }),
    ])
    return { durations, retention, engagement }
  })
  return (
    <Answered state={state}>
      {({ durations, retention, engagement }) => {
        siteTime.current = durations
        const fileDays = `${durations.from} ${durations.to}`
        return (
          <>
            <CohortPanel retention={retention} />
            <EngagementPanel engagement={engagement} />
            <DurationPanel views={durations.views} watches={durations.watches} />
            <div class="columns">
              <TopPanel
                id="longest"
                title="Looked at longest"
                top={{ ...durations, by: 'averageViewDurationMs' }}
                empty="No content of this period has ten views that told a length."
                fileDays={fileDays}
              />
              <WatchPanel watches={durations.watches} fileDays={fileDays} />
            </div>
            <Freshness answer={durations} state={state} />
          </>
        )
      }}
    </Answered>
  )
}
