// Packs each published package and holds the tarball to what npm users meet: publint, types in every resolution mode, no
// `workspace:` left, the 'use client' directive on its line. Run after `build`.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const problems = []
const read = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: 'utf8' })
const check = (args) => {
  if (spawnSync('pnpm', ['exec', ...args], { cwd: root, stdio: 'inherit' }).status !== 0) problems.push(args.join(' '))
}

for (const name of ['sdk', 'react', 'vue', 'collector']) {
  const folder = join(root, 'packages', name)
  const packed = mkdtempSync(join(tmpdir(), 'sightline-pack-'))
  read('pnpm', ['pack', '--pack-destination', packed], folder)
  const tarball = join(packed, readdirSync(packed)[0])
  const unpack = (path) => read('tar', ['-xOzf', tarball, `package/${path}`], packed)

  console.log(`${name}:`)
  check(['publint', '--strict', tarball])
  // The script tag's file is for browsers and has no types.
  check(['attw', tarball, '--format', 'ascii', '--exclude-entrypoints', 'sightline.iife.js'])

  const manifest = unpack('package.json')
  if (manifest.includes('workspace:') || manifest.includes('catalog:')) {
    problems.push(`${name}: package.json in the tarball still says workspace: or catalog:`)
  }
  if (name === 'sdk' && Object.keys(JSON.parse(manifest).dependencies ?? {}).length > 0) {
    problems.push('sdk: has dependencies')
  }
  if (name === 'react') {
    for (const entry of ['dist/index.js', 'dist/index.cjs']) {
      const first = unpack(entry).split('\n')[0]
      if (!/^['"]use client['"];?$/.test(first)) problems.push(`react: ${entry} begins with ${first}, not 'use client'`)
    }
    for (const entry of ['dist/server.js', 'dist/server.cjs']) {
      if (unpack(entry).includes('use client'))
        problems.push(`react: ${entry} says 'use client', so it is no server entry`)
    }
  }
  rmSync(packed, { recursive: true })
}

const license = readFileSync(join(root, 'LICENSE'), 'utf8')
if (!license.startsWith('MIT License')) problems.push('LICENSE is not MIT')

for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)
