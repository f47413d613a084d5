// The command: what a call of track() costs a page, and what an event weighs on the wire, ours and others'. See ../README.md.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { buildSdk } from '../delivery/build-sdk.mjs'
import { bundleAlone, bundlePage, chooseSdks, nameOf, versionOf } from '../delivery/sdks.mjs'
import { openSink, openSite } from '../delivery/servers.mjs'
import { installOnce, launchChromium } from '../observe/browser.mjs'
import { formatRows, formatSizes, formatVerdicts, judge, toRows } from './report.mjs'
import { measureAlone, measureCalls, measureQueued } from './measure.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, only: { type: 'string' } } })
const roundCount = Number(values.rounds)
if (!Number.isInteger(roundCount) || roundCount < 1) {
  throw new Error(`bench: expected --rounds to be a whole number from 1 up, got "${values.rounds}".`)
}

/** Only a page that is isolated from other origins gets a clock of 5 µs; any other gets one of 100. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

installOnce()
const sightlineFile = buildSdk()
const keys = chooseSdks(values.only)
const closing = []
try {
  const scripts = {}
  const upstreams = {}
  const sizes = {}
  for (const key of keys) {
    scripts[key] = await bundlePage(key, sightlineFile, { minify: true })
    upstreams[key] = await openSink(key)
    closing.push(() => upstreams[key].close())
    const alone = await bundleAlone(key, sightlineFile)
    sizes[key] = {
      version: await versionOf(key),
      minified: Buffer.byteLength(alone),
      brotli: brotliCompressSync(alone).length,
    }
  }
  const site = await openSite(scripts, isolated)
  closing.push(() => site.close())
  const browser = await launchChromium()
  closing.push(() => browser.close())
  const machine = { chromium: browser.version(), cpu: cpus()[0].model, cores: cpus().length, loadBefore: loadavg()[0] }
  console.log(`Chromium ${machine.chromium}, ${machine.cores} cores, load ${machine.loadBefore.toFixed(1)}`)

  const rounds = []
  for (let round = 0; round < roundCount; round++) {
    const samples = {}
    // There and back: no SDK always follows the same other one.
    for (const key of round % 2 ? keys.toReversed() : keys) {
      const visit = { browser, site: site.origin, key, upstream: upstreams[key].origin }
      samples[key] = {
        thousand: await measureCalls(visit, 1_000),
        tenThousand: await measureCalls(visit, 10_000),
        queued: await measureQueued(visit),
        // The same bytes each time; once is enough.
        alone: round ? rounds[0][key].alone : await measureAlone(visit),
      }
      console.log(`round ${round + 1} of ${roundCount}, ${nameOf(key)}`)
    }
    rounds.push(samples)
  }

  const rows = toRows(rounds)
  // Alone there is nobody to be compared with.
  const verdicts = keys.length > 1 ? judge(rows, sizes) : []
  for (const size of ['thousand', 'tenThousand', 'queued']) {
    console.log(`\n${formatRows(rows[size], size, nameOf)}`)
  }
  console.log(`\n${formatSizes(sizes, rows, nameOf)}`)
  console.log(`\n${formatVerdicts(verdicts)}`)

  const path = fileURLToPath(new URL('result.json', import.meta.url))
  const result = { machine: { ...machine, loadAfter: loadavg()[0] }, verdicts, sizes, rows, rounds }
  if (values.only === undefined) await writeFile(path, JSON.stringify(result, undefined, 2))
  console.log(
    `\nload ${loadavg()[0].toFixed(1)} at the end${values.only === undefined ? `; every sample: ${path}` : ''}`,
  )
  process.exitCode = verdicts.every(({ kept }) => kept) ? 0 : 1
} finally {
  for (const close of closing.toReversed()) await close()
}
