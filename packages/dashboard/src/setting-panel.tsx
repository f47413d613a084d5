// The settings in force: those that are not the default, or all of them.
import type { TrustReport } from '@sightline/collector/trust'
import { useState } from 'preact/hooks'
import { CsvButton, DataTable, type Column } from './data-table'
import { Panel } from './panel'

type SettingRow = TrustReport['settings'][number]

const settingColumns: [Column<SettingRow>, ...Column<SettingRow>[]] = [
  { label: 'Setting', show: ({ variable }) => <code>{variable}</code>, value: ({ variable }) => variable },
  {
    label: 'Value',
    show: ({ value, isDefault }) =>
      value === '' ? <span class="quiet">not set</span> : isDefault ? value : <b>{value}</b>,
    value: ({ value }) => value,
  },
]

export function SettingPanel({ settings }: { settings: TrustReport['settings'] }) {
  const [isAll, setAll] = useState(false)
  const rows = settings.filter(({ isDefault }) => isAll || !isDefault)
  return (
    <Panel
      id="settings"
      title="Settings in force"
      note={isAll ? 'Those that are not the default are bold' : 'That are not the default'}
      class="list"
      tools={
        <>
          <button class="quiet-button" type="button" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
            {isAll ? 'Only changed ones' : 'All'}
          </button>
          <CsvButton name="Settings" rows={rows} columns={settingColumns} />
        </>
      }
    >
      <DataTable
        name="Settings in force"
        rows={rows}
        columns={settingColumns}
        keyOf={({ variable }) => variable}
        empty="Every setting has its default."
      />
    </Panel>
  )
}
