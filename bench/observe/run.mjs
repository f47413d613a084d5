// The command: what observing costs per scroll frame, at registration and after unmounting. See ../README.md.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundlePage, installOnce, launchChromium, openPage, openSite } from './browser.mjs'
import { formatLeftovers, formatRows, formatVerdicts, judge, toRows } from './report.mjs'
import { ours, runRound, variants } from './rounds.mjs'

const allSizes = [1_000, 10_000]
const mountedElements = 10_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    elements: { type: 'string' },
    ours: { type: 'boolean', default: false },
  },
})
const sizes = allSizes.filter((count) => values.elements === undefined || count === Number(values.elements))
const roundCount = Number(values.rounds)
if (!Number.isInteger(roundCount) || roundCount < 1) {
  throw new Error(`bench: expected --rounds to be a whole number from 1 up, got "${values.rounds}".`)
}
if (sizes.length === 0) {
  throw new Error(`bench: expected --elements to be one of ${allSizes.join(', ')}, got "${values.elements}".`)
}

installOnce()
const site = await openSite(await bundlePage())
const browser = await launchChromium()
try {
  const machine = { chromium: browser.version(), cpu: cpus()[0].model, cores: cpus().length, loadBefore: loadavg()[0] }
  console.log(`Chromium ${machine.chromium}, ${machine.cores} cores, load ${machine.loadBefore.toFixed(1)}`)

  // Sizes take turns as well: no size gets the quiet half of the run.
  const rounds = Object.fromEntries(sizes.map((count) => [count, []]))
  for (let round = 0; round < roundCount; round++) {
    for (const count of sizes) {
      rounds[count].push(
        await runRound(browser, site.origin, { count, round, variants: values.ours ? ours : variants }),
      )
      console.log(`round ${round + 1} of ${roundCount}, ${count} elements`)
    }
  }

  const leftovers = {}
  for (const ending of ['stopped', 'forgotten', 'kept']) leftovers[ending] = await countLeftovers(ending)

  const rows = sizes.flatMap((count) => toRows(count, rounds[count]))
  const verdicts = judge(rows, leftovers)
  for (const count of sizes) {
    console.log(`\n${count} elements: main-thread CPU in milliseconds`)
    console.log(formatRows(rows.filter((row) => row.count === count)))
  }
  console.log(`\n${mountedElements} elements mounted and unmounted five times, after a forced collection`)
  console.log(formatLeftovers(leftovers))
  console.log(`\n${formatVerdicts(verdicts)}`)

  const path = fileURLToPath(new URL('result.json', import.meta.url))
  const result = { machine: { ...machine, loadAfter: loadavg()[0] }, verdicts, rows, leftovers, rounds }
  const isWhole = sizes.length === allSizes.length && !values.ours
  if (isWhole) await writeFile(path, JSON.stringify(result, undefined, 2))
  console.log(`\nload ${loadavg()[0].toFixed(1)} at the end${isWhole ? `; every sample: ${path}` : ''}`)
  process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1
} finally {
  await browser.close()
  site.close()
}

async function countLeftovers(ending) {
  const page = await openPage(browser, site.origin)
  const left = await page.evaluate(`bench.countLeftovers('${ending}', ${mountedElements})`)
  await page.close()
  return left
}
