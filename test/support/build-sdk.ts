// Builds the SDK once before the tests that need it as its users get it: minified, with shortened property names.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './source-files'

export default function setup(): void {
  // Without declarations, which take longest, and without cleaning up, which would take those of an earlier build away.
  execFileSync('node_modules/.bin/tsup', ['--no-dts', '--no-clean'], { cwd: join(root, 'packages/sdk'), stdio: 'pipe' })
}
