// `pnpm demo`: builds what is older than its sources, without type declarations, then becomes `sightline demo`.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const inPackage = (name, path) => join(root, 'packages', name, path)

/** In the order of building. A package is fresh when its output is newer than all that it is made of. */
const packages = [
  { name: 'sdk', output: 'dist/sightline.iife.js', inputs: ['src', 'package.json', 'tsup.config.ts'] },
  {
    name: 'dashboard',
    output: 'dist/app.js',
    inputs: ['src', 'public', 'package.json', 'tsup.config.ts', '../collector/src/stats/shapes.ts'],
  },
  {
    name: 'collector',
    output: 'dist/cli.js',
    inputs: [
      'src',
      'demo-page',
      'package.json',
      'tsup.config.ts',
      '../sdk/src/wire.ts',
      '../sdk/dist/sightline.iife.js',
      '../dashboard/dist/app.js',
    ],
  },
]

/** Newest change below a path, directories included, so that a deleted file counts as a change. */
function newestChange(path) {
  const found = statSync(path)
  const inside = found.isDirectory() ? readdirSync(path).map((name) => newestChange(join(path, name))) : []
  return Math.max(found.mtimeMs, ...inside)
}

function isFresh({ name, output, inputs }) {
  const built = statSync(inPackage(name, output), { throwIfNoEntry: false })
  return built !== undefined && inputs.every((input) => newestChange(inPackage(name, input)) <= built.mtimeMs)
}

function build({ name }) {
  console.log(`Building packages/${name} …`)
  const tsup = inPackage(name, 'node_modules/tsup/dist/cli-default.js')
  const run = spawnSync(process.execPath, [tsup, '--no-dts', '--silent'], {
    cwd: inPackage(name, '.'),
    stdio: 'inherit',
  })
  if (run.error) throw run.error
  if (run.status !== 0) process.exit(run.status ?? 1)
}

for (const each of packages) if (!isFresh(each)) build(each)

// In this process rather than in a child of its own, so that Ctrl-C reaches exactly one.
const cli = inPackage('collector', 'dist/cli.js')
const given = process.argv.slice(2)
process.argv = [process.execPath, cli, 'demo', ...(given[0] === '--' ? given.slice(1) : given)]
await import(pathToFileURL(cli).href)
