// Tells how far a long piece of work is: one line that redraws itself on a terminal, a few plain lines elsewhere.

/** Redrawing more often only flickers. */
const REDRAW_MS = 80
const BAR_WIDTH = 24
/** Plain lines are written each time another such part is done. */
const PLAIN_STEP = 0.25

interface Output {
  isTTY?: boolean
  write(text: string): unknown
}

export interface Progress {
  update(done: number): void
  /** Writes the last line. */
  finish(): void
}

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`

const sampleWords = { things: 'events', done: 'sample events stored' }

/**
 * @param now tells milliseconds, from any start
 * @param words what is counted, and what became of it
 * @param doneBefore what an earlier attempt did, in no time
 */
export function createProgress(
  total: number,
  output: Output,
  now: () => number,
  words: { things: string; done: string } = sampleWords,
  doneBefore = 0,
): Progress {
  const startedAt = now()
  let drawnAt = -Infinity
  let nextStep = PLAIN_STEP

  const rate = (done: number) => Math.round(((done - doneBefore) * 1_000) / Math.max(1, now() - startedAt))

  function draw(done: number): void {
    drawnAt = now()
    const full = Math.round((BAR_WIDTH * done) / total)
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
    const own = done - doneBefore
    const left = own === 0 ? '' : `, ${seconds(((drawnAt - startedAt) * (total - done)) / own)} left`
    const events = `${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${words.things}`
    // Back to the start of the line, and erase to its end (ECMA-48).
    output.write(`\r${bar} ${events}, ${rate(done).toLocaleString('en')}/s${left}\u001B[K`)
  }

  return {
    update(done) {
      if (output.isTTY) {
        if (now() - drawnAt >= REDRAW_MS) draw(done)
        return
      }
      if (done / total < nextStep || done === total) return
      while (done / total >= nextStep) nextStep += PLAIN_STEP
      output.write(`${Math.floor((100 * done) / total)} % of ${total.toLocaleString('en')} ${words.done}\n`)
    },
    finish() {
      const line = `${total.toLocaleString('en')} ${words.done} in ${seconds(now() - startedAt)} (${rate(total).toLocaleString('en')}/s)`
      output.write(output.isTTY ? `\r${line}\u001B[K\n` : `${line}\n`)
    },
  }
}
