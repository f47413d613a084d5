// From all rounds of all cells to tables, totals and verdicts.

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

/** One row for each SDK, exit and trouble: sums over its rounds. */
export function toRows(samples) {
  const rows = new Map()
  for (const sample of samples) {
    const { sdk, exit, trouble } = sample
    const name = [sdk, exit, trouble].join()
    rows.set(name, [...(rows.get(name) ?? []), sample])
  }
  return [...rows.values()].map((rounds) => {
    const [{ sdk, exit, trouble }] = rounds
    const ran = rounds.filter(({ error }) => error === undefined)
    const total = (field) => sum(ran.map((round) => round[field]))
    return {
      sdk,
      exit,
      trouble,
      rounds: rounds.length,
      failed: rounds.length - ran.length,
      ...Object.fromEntries(fields.map((field) => [field, total(field)])),
    }
  })
}

const fields = ['tracked', 'arrived', 'lost', 'twice', 'sentAgain', 'requests', 'preflights', 'bytes']

/** Lost events of each cell in percent; `+n` were stored once more than they happened. */
export function formatMatrix(rows) {
  const exits = [...new Set(rows.map(({ exit }) => exit))]
  const troubles = [...new Set(rows.map(({ trouble }) => trouble))]
  const cell = (exit, trouble) => {
    const row = rows.find((one) => one.exit === exit && one.trouble === trouble)
    if (!row) return ''
    if (row.failed === row.rounds) return 'failed'
    const lost = row.lost ? percent(row.lost, row.tracked) : '0'
    return `${lost}${row.twice ? ` +${row.twice}` : ''}${row.failed ? ' !' : ''}`
  }
  return align([
    ['lost', ...exits],
    ...troubles.map((trouble) => [trouble, ...exits.map((exit) => cell(exit, trouble))]),
  ])
}

/** One line for each SDK, over all of its cells. */
export function toTotals(rows, versions) {
  return Object.keys(versions).map((sdk) => {
    const own = rows.filter((row) => row.sdk === sdk)
    const total = (field) => sum(own.map((row) => row[field]))
    return {
      sdk,
      version: versions[sdk],
      cells: own.length,
      cellsWithoutLoss: own.filter(({ lost, failed }) => !lost && !failed).length,
      failed: total('failed'),
      ...Object.fromEntries(fields.map((field) => [field, total(field)])),
    }
  })
}

export function formatTotals(totals, nameOf) {
  return align([
    [
      '',
      'version',
      'events',
      'lost',
      '',
      'cells without loss',
      'stored twice',
      'sent again',
      'requests/cell',
      'bytes/event',
    ],
    ...totals.map((row) => [
      nameOf(row.sdk),
      row.version,
      String(row.tracked),
      String(row.lost),
      percent(row.lost, row.tracked),
      `${row.cellsWithoutLoss} of ${row.cells}`,
      String(row.twice),
      String(row.sentAgain),
      ((row.requests * 200) / row.tracked).toFixed(1),
      (row.bytes / row.tracked).toFixed(0),
    ]),
  ])
}

/** What Sightline promises in every cell. */
export function judge(rows) {
  const own = rows.filter(({ sdk }) => sdk === 'sightline')
  if (!own.length) return []
  return [
    ['lost', 'no event is lost'],
    ['twice', 'no event is stored twice'],
    ['failed', 'no round failed'],
  ].map(([field, promise]) => {
    const broken = own.filter((row) => row[field] > 0)
    return { promise, kept: !broken.length, broken: broken.map((row) => `${row.exit} · ${row.trouble}: ${row[field]}`) }
  })
}

export function formatVerdicts(verdicts) {
  return verdicts
    .map(
      ({ promise, kept, broken }) =>
        `${kept ? 'kept  ' : 'BROKEN'} Sightline: ${promise}${broken.map((cell) => `\n         ${cell}`).join('')}`,
    )
    .join('\n')
}

function percent(part, whole) {
  return whole ? `${((part / whole) * 100).toFixed(1)} %` : '–'
}

export function align(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines
    .map((line) =>
      line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join('  '),
    )
    .join('\n')
}
