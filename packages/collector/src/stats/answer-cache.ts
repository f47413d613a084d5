// Answers are kept for a while: the same question costs the database once, also when many ask it at the same moment.

/** Answers at most; the oldest make room. */
const MAX_ANSWERS = 500

/** What takes longer to make is kept however much has changed since; everything else is as new as the last commit. */
const LONG_MS = 1_000

export interface AnswerCache {
  /** What is kept under the key, else what `make` makes; `isFresh` makes it anew in any case. */
  find<Answer>(key: string, make: () => Promise<Answer>, isFresh: boolean): Promise<Answer>
}

export interface AnswerCacheOptions {
  /** Milliseconds; 0 keeps nothing. */
  keepMs: number
  now: () => number
  /** Grows with everything that this process changes in the numbers. */
  changes: () => number
}

interface Kept {
  madeAtMs: number
  changesBefore: number
  isLong: boolean
  answer: Promise<unknown>
}

export function createAnswerCache({ keepMs, now, changes }: AnswerCacheOptions): AnswerCache {
  const answers = new Map<string, Kept>()

  const holds = ({ madeAtMs, changesBefore, isLong }: Kept) =>
    now() - madeAtMs < keepMs && (isLong || changesBefore === changes())

  async function time<Answer>(kept: Kept, make: () => Promise<Answer>): Promise<Answer> {
    const startedAt = performance.now()
    const answer = await make()
    kept.isLong = performance.now() - startedAt >= LONG_MS
    return answer
  }

  return {
    async find<Answer>(key: string, make: () => Promise<Answer>, isFresh: boolean): Promise<Answer> {
      if (keepMs === 0) return make()
      const known = answers.get(key)
      // The key names the question, so the answer has the shape of what it makes.
      if (known && !isFresh && holds(known)) return known.answer as Promise<Answer>
      const entry: Kept = { madeAtMs: now(), changesBefore: changes(), isLong: false, answer: Promise.resolve() }
      const answer = time(entry, make)
      entry.answer = answer
      answers.delete(key)
      if (answers.size >= MAX_ANSWERS) answers.delete(answers.keys().next().value ?? '')
      answers.set(key, entry)
      try {
        return await answer
      } catch (error) {
        if (answers.get(key) === entry) answers.delete(key)
        throw error
      }
    },
  }
}
