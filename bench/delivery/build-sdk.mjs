// Builds our SDK with its own build, so that what is measured is what npm would get; the workspace's dist is left alone.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sdkDir = fileURLToPath(new URL('../../packages/sdk', import.meta.url))
const outDir = fileURLToPath(new URL('../node_modules/.sightline', import.meta.url))

/** @returns the file that a bundler takes for `@sightline/sdk` */
export function buildSdk() {
  const build = spawnSync(join(sdkDir, 'node_modules/.bin/tsup'), ['--no-dts', '--out-dir', outDir], { cwd: sdkDir })
  if (build.status !== 0) throw new Error(`bench: the build of packages/sdk failed.\n${build.stdout}${build.stderr}`)
  return join(outDir, 'index.js')
}
