// Bundles the collector from its sources, so that what is measured is what is in the tree.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const collectorDir = fileURLToPath(new URL('../../packages/collector', import.meta.url))

/** @returns the file to import, and what removes it */
export async function bundleCollector() {
  // Inside the package, so that the bundle finds the dependencies.
  const dir = join(collectorDir, 'node_modules', '.bench-bundle', String(process.pid))
  await mkdir(dir, { recursive: true })
  const { dependencies } = JSON.parse(await readFile(join(collectorDir, 'package.json'), 'utf8'))
  const file = join(dir, 'collector.mjs')
  await build({
    entryPoints: [join(collectorDir, 'src/index.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: Object.keys(dependencies),
    alias: { '@sightline/sdk/wire': join(collectorDir, '../sdk/src/wire.ts') },
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  return { file, remove: () => rm(dir, { recursive: true, force: true }) }
}
