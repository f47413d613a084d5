// The command: which events are lost or doubled when pages end in trouble, ours and others'. See ../README.md.
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installOnce, launchChromium } from '../observe/browser.mjs'
import { buildSdk } from './build-sdk.mjs'
import { runCell } from './cell.mjs'
import { exits, troubles } from './cells.mjs'
import { formatMatrix, formatTotals, formatVerdicts, judge, toRows, toTotals } from './report.mjs'
import { bundlePage, chooseSdks, nameOf, versionOf } from './sdks.mjs'
import { openCollector, openSink, openSite } from './servers.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string' },
    cells: { type: 'string' },
    parallel: { type: 'string', default: '3' },
  },
})
const roundCount = atLeastOne('rounds')
const parallel = atLeastOne('parallel')
const keys = chooseSdks(values.only)
const cells = chooseCells(values.cells)

const startedAt = Date.now()
installOnce()
const sightlineFile = buildSdk()
const closing = []
try {
  const scripts = {}
  const upstreams = {}
  const versions = {}
  for (const key of keys) {
    scripts[key] = await bundlePage(key, sightlineFile)
    versions[key] = await versionOf(key)
    upstreams[key] = key === 'sightline' ? await openCollector() : await openSink(key)
    closing.push(() => upstreams[key].close())
  }
  const site = await openSite(scripts)
  closing.push(() => site.close())
  const browser = await launchChromium({ hasBackForwardCache: true })
  closing.push(() => browser.close())
  const machine = { chromium: browser.version(), cpu: cpus()[0].model, cores: cpus().length }

  const samples = []
  // Rounds outside: every SDK meets every moment of the machine.
  const plan = Array.from({ length: roundCount }, (_, round) =>
    cells.flatMap(([exit, trouble]) => keys.map((key) => ({ round, exit, trouble, key }))),
  ).flat()
  const total = plan.length
  console.log(`Chromium ${machine.chromium}; ${total} cells, ${parallel} at a time`)
  await Promise.all(Array.from({ length: parallel }, work))

  const rows = toRows(samples)
  const totals = toTotals(rows, versions)
  const verdicts = judge(rows)
  for (const key of keys) {
    const own = rows.filter(({ sdk }) => sdk === key)
    console.log(`\n${nameOf(key)} ${versions[key]}`)
    console.log(formatMatrix(own))
  }
  console.log(`\n${formatTotals(totals, nameOf)}`)
  console.log(`\n${formatVerdicts(verdicts)}`)

  const tookSeconds = Math.round((Date.now() - startedAt) / 1_000)
  const path = fileURLToPath(new URL('result.json', import.meta.url))
  const result = { machine, rounds: roundCount, parallel, tookSeconds, versions, verdicts, totals, rows, samples }
  await writeFile(path, JSON.stringify(result, undefined, 2))
  console.log(`\ntook ${Math.floor(tookSeconds / 60)} min ${tookSeconds % 60} s; every sample: ${path}`)
  process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1

  async function work() {
    for (let next = plan.shift(); next; next = plan.shift()) {
      const { key, exit, trouble, round } = next
      const label = `${nameOf(key)} · ${exit} · ${trouble}`
      const sample = { sdk: key, exit, trouble, round }
      try {
        const counted = await runCell({ browser, site: site.origin, upstream: upstreams[key], ...next })
        samples.push({ ...sample, ...counted })
        console.log(`${samples.length} of ${total}  ${label}: lost ${counted.lost}, twice ${counted.twice}`)
      } catch (error) {
        samples.push({ ...sample, error: String(error) })
        console.log(`${samples.length} of ${total}  ${label}: failed: ${error}`)
      }
    }
  }
} finally {
  for (const close of closing.toReversed()) await close()
}

function atLeastOne(name) {
  const number = Number(values[name])
  if (Number.isInteger(number) && number >= 1) return number
  throw new Error(`bench: expected --${name} to be a whole number from 1 up, got "${values[name]}".`)
}

/** `--cells crash,reload:offline`: all cells of an exit or of a trouble, or one cell. */
function chooseCells(wish) {
  const all = Object.keys(exits).flatMap((exit) => Object.keys(troubles).map((trouble) => [exit, trouble]))
  if (wish === undefined) return all
  const wishes = wish.split(',')
  const wishesFor = ([exit, trouble]) => [exit, trouble, `${exit}:${trouble}`].filter((name) => wishes.includes(name))
  const known = new Set(all.flatMap(wishesFor))
  const unknown = wishes.find((one) => !known.has(one))
  if (unknown === undefined) return all.filter((cell) => wishesFor(cell).length > 0)
  const names = [...Object.keys(exits), ...Object.keys(troubles)].join(' / ')
  throw new Error(`bench: expected --cells to name exits and troubles (${names}), or exit:trouble, got "${unknown}".`)
}
