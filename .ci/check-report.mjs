// Fails when a suite was skipped, focused or missing, and ends with the line `N passed, N failed, N skipped`.
import { readFileSync } from 'node:fs'

const expected = ['packages/sdk', 'packages/react', 'packages/vue', 'packages/collector', 'packages/dashboard', 'test/']
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })))

const count = (status) => tests.filter((test) => status.includes(test.status)).length
const skipped = tests.filter((test) => ['skipped', 'pending', 'todo', 'disabled'].includes(test.status))
const missing = expected.filter((part) => !tests.some((test) => test.file.includes(`/${part}`)))

for (const test of skipped) console.log(`skipped: ${test.fullName} (${test.file})`)
for (const part of missing) console.log(`no test ran in ${part}`)
console.log(`${count(['passed'])} passed, ${count(['failed'])} failed, ${skipped.length} skipped`)
process.exit(skipped.length + missing.length + count(['failed']) > 0 ? 1 : 0)
