// What each signed-in user did, most first, and the share of them that did more than look.
import type { Engagement } from '@sightline/collector/stats'
import { useState } from 'preact/hooks'
import { showInterval } from './click-through'
import { CsvButton, DataTable, type Column } from './data-table'
import { formats } from './format'
import { Panel } from './panel'

type User = Engagement['items'][number]

/** Users that are asked for. */
export const MOST_USERS = '100'

/** Rows that are shown before the reader asks for all. */
const FEW = 10

const counted = (label: string, pick: (user: User) => number, isSecondary = true): Column<User> => ({
  label,
  isNumber: true,
  isSecondary,
  show: (user) => formats.count(pick(user)),
  value: pick,
})

const actsOf = ({ views, watches, clicks, likes, shares, custom }: User) =>
  views + watches + clicks + likes + shares + custom

const userColumns: [Column<User>, ...Column<User>[]] = [
  { label: 'User', value: ({ userId }) => userId },
  counted('Events', actsOf, false),
  counted('Views', ({ views }) => views),
  counted('Watches', ({ watches }) => watches),
  counted('Clicks', ({ clicks }) => clicks),
  counted('Likes', ({ likes }) => likes),
  counted('Shares', ({ shares }) => shares),
  counted('Custom', ({ custom }) => custom),
]

export function EngagementPanel({ engagement }: { engagement: Engagement }) {
  const [isWhole, setWhole] = useState(false)
  const { items, users, engagedUsers, engagementRate, interval, from, to } = engagement
  const most = Math.max(1, ...items.map(actsOf))
  return (
    <Panel
      id="users"
      title="Signed-in users"
      class="list"
      note={
        users === 0
          ? undefined
          : `${formats.count(engagedUsers)} of ${formats.count(users)} did more than look: ${formats.share(engagementRate)} (${showInterval(interval)})`
      }
      tools={<CsvButton name="Users" rows={items} columns={userColumns} fileDays={`${from} ${to}`} />}
    >
      <DataTable
        name="Signed-in users"
        rows={isWhole ? items : items.slice(0, FEW)}
        columns={userColumns}
        keyOf={({ userId }) => userId}
        barOf={(user) => actsOf(user) / most}
        empty="No signed-in user in this period. Pass the token of your users to the tracker, and they are here."
      />
      {items.length > FEW && (
        <button class="quiet-button more" type="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Fewer' : `All ${formats.count(items.length)}`}
        </button>
      )}
    </Panel>
  )
}
