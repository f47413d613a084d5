// How far an export or an import is: one line that redraws itself on a terminal, a plain line from time to time elsewhere.

/** Redrawing more often only flickers. */
const REDRAW_MS = 80
/** Where lines stay, as in a log. */
const PLAIN_LINE_MS = 10_000
const BAR_WIDTH = 24

interface Output {
  isTTY?: boolean | undefined
  write(text: string): unknown
}

export interface TransferProgress {
  /**
   * @param events so far
   * @param share of the whole work that is done, from 0 to 1, where the whole is known
   */
  update(events: number, share?: number): void
  /** Writes the last line: what became of it, and how fast. */
  finish(sentence: string, events: number): void
}

/** @param now tells milliseconds, from any start */
export function createTransferProgress(output: Output, now: () => number): TransferProgress {
  const startedAt = now()
  const isTerminal = output.isTTY === true
  let toldAt = isTerminal ? -Infinity : startedAt

  const rate = (events: number) =>
    `${Math.round((events * 1_000) / Math.max(1, now() - startedAt)).toLocaleString('en')}/s`

  function lineOf(events: number, share: number | undefined): string {
    const soFar = `${events.toLocaleString('en')} events, ${rate(events)}`
    if (share === undefined) return soFar
    const percent = `${Math.floor(share * 100)} %`
    const left = share > 0 ? `, ${asDuration(((now() - startedAt) * (1 - share)) / share)} left` : ''
    return `${percent}, ${soFar}${left}`
  }

  return {
    update(events, share) {
      if (now() - toldAt < (isTerminal ? REDRAW_MS : PLAIN_LINE_MS)) return
      toldAt = now()
      // An estimate of the whole may be passed.
      const done = share === undefined ? undefined : Math.min(1, share)
      const line = lineOf(events, done)
      // Back to the start of the line, and erase to its end (ECMA-48).
      output.write(isTerminal ? `\r${barOf(done)}${line}\u001B[K` : `${line}\n`)
    },
    finish(sentence, events) {
      const line = `${sentence} (${asDuration(now() - startedAt)}, ${rate(events)})`
      output.write(isTerminal ? `\r${line}\u001B[K\n` : `${line}\n`)
    },
  }
}

function barOf(share: number | undefined): string {
  if (share === undefined) return ''
  const full = Math.round(BAR_WIDTH * share)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} `
}

/** 4.2 s, 3 min 20 s, 2 h 5 min. */
function asDuration(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
