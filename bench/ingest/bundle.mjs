// Bundles the collector from its sources, so that what is measured is what is in the tree.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const collectorDir = fileURLToPath(new URL('../../packages/collector', import.meta.url))

/**
 * @param withTestSupport also makes a module of what the collector's own tests check tables and bodies with
 * @returns the files to import, and what removes them
 */
export async function bundleCollector({ withTestSupport = false } = {}) {
  // Inside the package, so that the bundle finds the dependencies.
  const dir = join(collectorDir, 'node_modules', '.bench-bundle', String(process.pid))
  await mkdir(dir, { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(collectorDir, 'package.json'), 'utf8'))
  const entryPoints = { collector: join(collectorDir, 'src/index.ts') }
  if (withTestSupport) {
    entryPoints.recount = join(collectorDir, 'test/support/events.ts')
    entryPoints.hostile = join(collectorDir, 'test/support/hostile-bodies.ts')
  }
  await build({
    entryPoints,
    outdir: dir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: Object.keys(dependencies),
    alias: { '@sightline/sdk/wire': join(collectorDir, '../sdk/src/wire.ts') },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  const fileOf = (name) => join(dir, `${name}.mjs`)
  const supportFiles = { recount: fileOf('recount'), hostile: fileOf('hostile') }
  return { file: fileOf('collector'), ...supportFiles, remove: () => rm(dir, { recursive: true, force: true }) }
}
