// Answers are kept for a while: the same question costs the database once, also when many ask it at the same moment.

/** Answers at most; the oldest make room. */
const MAX_ANSWERS = 500

export interface AnswerCache {
  /** What is kept under the key, else what `make` makes; `isFresh` makes it anew in any case. */
  find<Answer>(key: string, make: () => Promise<Answer>, isFresh: boolean): Promise<Answer>
}

/** @param keepMs milliseconds; 0 keeps nothing */
export function createAnswerCache(keepMs: number, now: () => number): AnswerCache {
  const answers = new Map<string, { madeAtMs: number; answer: Promise<unknown> }>()

  return {
    async find<Answer>(key: string, make: () => Promise<Answer>, isFresh: boolean): Promise<Answer> {
      if (keepMs === 0) return make()
      const known = answers.get(key)
      // The key names the question, so the answer has the shape of what it makes.
      if (known && !isFresh && now() - known.madeAtMs < keepMs) return known.answer as Promise<Answer>
      const entry = { madeAtMs: now(), answer: make() }
      answers.delete(key)
      if (answers.size >= MAX_ANSWERS) answers.delete(answers.keys().next().value ?? '')
      answers.set(key, entry)
      try {
        return await entry.answer
      } catch (error) {
        if (answers.get(key) === entry) answers.delete(key)
        throw error
      }
    },
  }
}
