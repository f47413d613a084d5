// The collector as people run it: a process of its own, reached over HTTP, ended by signals.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'

export interface CollectorProcess {
  url: string
  pid: number
  /** Everything printed so far, both streams. */
  output: () => string
  signal: (name: NodeJS.Signals) => void
  /** Resolves to the exit code, or to the name of the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>
}

/** Runs the command line with nothing but the given environment. */
export function runCli(argv: string[], env: Record<string, string> = {}, cwd?: string) {
  const child = spawn(process.execPath, [inject('cliFile'), ...argv], {
    ...(cwd !== undefined && { cwd }),
    // All tests send from one address.
    env: { PATH: process.env['PATH'], NETWORK_EVENTS_PER_SECOND: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals)
  return { child, output: () => output, ended }
}

/** Starts a collector on a free port and resolves when it listens. */
export async function startCollector(
  env: Record<string, string>,
  argv: string[] = [],
  cwd?: string,
): Promise<CollectorProcess> {
  const { child, output, ended } = runCli(['start', '--port', '0', ...argv], env, cwd)
  running.add(child)
  void ended.then(() => running.delete(child))
  for (;;) {
    const url = /Dashboard +(http:\S+)\//.exec(output())?.[1]
    if (url !== undefined) {
      return { url, pid: child.pid ?? 0, output, signal: (name) => void child.kill(name), ended }
    }
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The collector ended:\n${output()}`)
    await sleep(20)
  }
}

const running = new Set<ChildProcess>()

/** Ends what a failed test left running. */
export function endAllCollectors(): void {
  for (const child of running) child.kill('SIGKILL')
}
