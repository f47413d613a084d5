// sightline erase: forgets a person everywhere, and prints the receipt.
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, readLastingConfig } from '../config'
import { migrate } from '../database/migrate'
import { openDatabase } from '../database/open-database'
import { runJob } from '../job-runner'
import { createJobs } from '../jobs'
import { readReceipt, requestErasure } from '../privacy/erase'
import { personOfAnonymous, personOfUser, type Person } from '../privacy/person'
import { createSiteClock } from '../site-clock'
import { interruptible, INTERRUPTED } from './interruption'
import { takeOption, takeSwitch } from './take-option'

const LOOK_EVERY_MS = 1_000
const LONGEST_WAIT_MS = 120_000

export async function eraseCommand(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const json = takeSwitch(argv, '--json')
  const quiet = takeSwitch(json.rest, '--quiet')
  const { person, rest } = takePerson(quiet.rest)
  const config = readLastingConfig(rest, env)
  const say = (text: string) => quiet.isOn || json.isOn || console.log(text)
  const db = await openDatabase(config)
  try {
    await migrate(db)
    const { receipt } = await requestErasure(db, person, 'admin', Date.now())
    say(`Receipt ${receipt}`)
    // Nobody else writes to an embedded database while this process has it.
    const settle = db.kind === 'pglite' ? { settleMs: 0 } : {}
    const clock = createSiteClock(config.timezone)
    const job = createJobs({ db, clock, config, ...settle, now: Date.now }).find(({ name }) => name === 'erasures')
    if (!job) throw new Error('The job "erasures" is not among the jobs.')
    if (db.kind === 'postgres') say('Waiting until nothing of before can be on its way any more …')
    const giveUpAt = Date.now() + LONGEST_WAIT_MS
    const isOver = (signal: AbortSignal) => signal.aborted || Date.now() > giveUpAt
    return await interruptible(async (signal) => {
      for (;;) {
        await runJob({ db, holder: `${hostname()} ${process.pid}`, leaseMs: config.jobLeaseMs }, job, { forced: true })
        const state = await readReceipt(db, receipt)
        if (state?.state === 'done') {
          const { events, recentViews, dailySums, viewGates, deadLetters } = state.erased
          if (json.isOn) console.log(JSON.stringify(state))
          say(
            `Done: ${events} events lost their person; deleted ${recentViews} recent views, ${dailySums} daily sums, ` +
              `${viewGates} view gates and ${deadLetters} dead letters.`,
          )
          return 0
        }
        if (isOver(signal)) break
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
      }
      console.error(
        `sightline: the erasure is not done yet; a running collector finishes it. Ask /v1/erasures/${receipt}.`,
      )
      return signal.aborted ? INTERRUPTED : 1
    })
  } finally {
    await db.close()
  }
}

function takePerson(argv: string[]): { person: Person; rest: string[] } {
  const user = takeOption(argv, '--user')
  const anonymous = takeOption(user.rest, '--anonymous-id')
  if ((user.value === undefined) === (anonymous.value === undefined)) {
    throw new ConfigError(['sightline: expected erase --user <id> or erase --anonymous-id <id>.'], 2)
  }
  const person = user.value === undefined ? personOfAnonymous(anonymous.value ?? '') : personOfUser(user.value)
  return { person, rest: anonymous.rest }
}
