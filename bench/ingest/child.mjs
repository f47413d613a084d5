// Processes of the benchmark: started here, asked one question at a time, ended with the run.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const LONGEST_ANSWER_MS = 180_000

/**
 * Starts a file of this folder as a process of its own.
 * @returns `ask(question)`, which resolves to its answer, `end()`, and `kill()`, which lets it say no last word
 */
export function startChild(name, { env = {}, execArgv = [] } = {}) {
  const child = fork(fileURLToPath(new URL(name, import.meta.url)), {
    env: { PATH: process.env.PATH, ...env },
    execArgv,
    serialization: 'advanced',
  })
  const ended = once(child, 'exit')

  async function ask(question) {
    const signal = AbortSignal.timeout(LONGEST_ANSWER_MS)
    const answered = once(child, 'message', { signal })
    child.send(question)
    const first = await Promise.race([answered, ended])
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`bench: ${name} ended with ${child.exitCode ?? child.signalCode} instead of answering.`)
    }
    const [answer] = first
    if (answer.error !== undefined) throw new Error(`bench: ${name}: ${answer.error}`)
    return answer
  }

  async function end() {
    if (child.exitCode !== null || child.signalCode !== null) return
    if (child.connected) child.disconnect()
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(tooLong)
  }

  async function kill() {
    child.kill('SIGKILL')
    await ended
  }

  return { ask, end, kill, pid: child.pid }
}

/** In the child: answers each question with what `answer` returns, and runs `close` when the benchmark is over. */
export function answerParent(answer, close) {
  process.on('message', async (question) => {
    try {
      process.send(await answer(question))
    } catch (error) {
      process.send({ error: String(error) })
    }
  })
  process.on('disconnect', async () => {
    await close()
    process.exit(0)
  })
}
