// The SDKs that are compared. One more needs two files and a line: how a page uses it, and how its requests are read.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { build } from 'esbuild'
import * as amplitude from './sdks/amplitude.mjs'
import * as posthog from './sdks/posthog.mjs'
import * as segment from './sdks/segment.mjs'
import * as sightline from './sdks/sightline.mjs'
import * as snowplow from './sdks/snowplow.mjs'

/** By key: `sdks/<key>.mjs` and `sdks/<key>.page.mjs`. */
export const sdks = {
  sightline,
  posthog,
  snowplow,
  segment,
  'segment-batching': { ...segment, name: 'Segment, batching' },
  amplitude,
}

export const nameOf = (key) => sdks[key].name

/** `--only sightline,posthog`. */
export function chooseSdks(wish) {
  const chosen = wish?.split(',') ?? Object.keys(sdks)
  const unknown = chosen.find((key) => !sdks[key])
  if (unknown === undefined) return chosen
  throw new Error(`bench: expected --only to name some of ${Object.keys(sdks).join(', ')}, got "${unknown}".`)
}

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url))

/** The script of a page: `globalThis.bench` holds the exports of page.mjs, which start and use this SDK. */
export async function bundlePage(key, sightlineFile, options = {}) {
  const contents = `import { start, track } from './sdks/${key}.page.mjs'\nimport { open } from './page.mjs'\nglobalThis.bench = open(start, track)`
  return bundle({ stdin: { contents, resolveDir: pathOf('.') } }, sightlineFile, options)
}

/** The SDK alone, with as much of it as the page uses. */
export async function bundleAlone(key, sightlineFile) {
  return bundle({ entryPoints: [pathOf(`sdks/${key}.page.mjs`)] }, sightlineFile, { minify: true })
}

async function bundle(entry, sightlineFile, options) {
  const result = await build({
    ...entry,
    ...options,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'sdk',
    target: 'es2020',
    alias: { '@sightline/sdk': sightlineFile },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

/** Version of the installed package. */
export async function versionOf(key) {
  const path =
    key === 'sightline' ? '../../packages/sdk/package.json' : `../node_modules/${sdks[key].packageName}/package.json`
  return JSON.parse(await readFile(pathOf(path), 'utf8')).version
}

/** What was read once is not read again: the benchmarks look often. */
const known = new WeakMap()

/** Events that a request carried; nothing for a request that carries none. Bodies may be gzip, by header or not. */
export function readEvents(key, exchange) {
  const events = known.get(exchange) ?? parseEvents(key, exchange)
  known.set(exchange, events)
  return events
}

function parseEvents(key, { method, path, body }) {
  if (method !== 'POST' || !body.length) return []
  const isGzip = body[0] === 0x1f && body[1] === 0x8b
  const text = (isGzip ? gunzipSync(body) : body).toString('utf8')
  try {
    return sdks[key].read({ path, body: text })
  } catch (cause) {
    throw new Error(`bench: cannot read a request of ${key} to ${path}: ${text.slice(0, 200)}`, { cause })
  }
}
