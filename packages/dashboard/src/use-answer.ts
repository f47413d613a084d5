// Keeps a page's numbers in step with its question: one in flight, the last numbers stay while new ones come.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { useSession } from './session'
import { StatsFailure, type Client } from './stats-client'

export interface AnswerState<Answer> {
  /** The newest numbers that arrived, also while others are asked for. */
  answer: Answer | null
  failure: StatsFailure | null
  loading: boolean
  reload(): void
}

const asFailure = (error: unknown) =>
  error instanceof StatsFailure
    ? error
    : new StatsFailure('refused', 'The answer could not be read. Collector and dashboard may be of different versions.')

/** Asks again whenever `question` is another text; `load` must ask just that. Whoever asks for fresh numbers gets them. */
export function useAnswer<Answer>(
  question: string,
  load: (client: Client, signal: AbortSignal) => Promise<Answer>,
): AnswerState<Answer> {
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [failure, setFailure] = useState<StatsFailure | null>(null)
  const [loading, setLoading] = useState(true)
  const [attempt, setAttempt] = useState(0)

  const { client, refreshes } = useSession()
  const wish = `${attempt} ${refreshes}`
  const lastWish = useRef(wish)

  useEffect(() => {
    const abort = new AbortController()
    setLoading(true)
    const settle = (came: Answer | null, trouble: StatsFailure | null) => {
      if (abort.signal.aborted) return
      if (came !== null) setAnswer(came)
      setFailure(trouble)
      setLoading(false)
    }
    const isFresh = lastWish.current !== wish
    lastWish.current = wish
    load(isFresh ? client.fresh : client, abort.signal).then(
      (came) => settle(came, null),
      (error: unknown) => settle(null, asFailure(error)),
    )
    return () => abort.abort()
  }, [question, wish, client])

  const reload = useCallback(() => setAttempt((count) => count + 1), [])
  return { answer, failure, loading, reload }
}
