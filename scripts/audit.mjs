// Fails on a known advisory of moderate or higher severity in production dependencies. Says so when the registry has no audit service.
import { spawnSync } from 'node:child_process'

const { stdout } = spawnSync('pnpm', ['audit', '--prod', '--audit-level', 'moderate', '--json'], { encoding: 'utf8' })
let report
try {
  report = JSON.parse(stdout)
} catch {
  report = undefined
}
if (!report?.metadata) {
  console.log('The registry in use has no audit service: advisories were not checked in this run.')
  process.exit(0)
}
const { moderate = 0, high = 0, critical = 0 } = report.metadata.vulnerabilities
console.log(`advisories in production dependencies: ${moderate} moderate, ${high} high, ${critical} critical`)
process.exit(moderate + high + critical > 0 ? 1 : 0)
