// Keeps the overview in step with the selection: one question in flight, the last numbers stay while new ones come.
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Selection } from './selection'
import { StatsFailure, type LoadOverview, type Overview } from './stats-client'

export interface OverviewState {
  /** The newest numbers that arrived, also while others are asked for. */
  overview: Overview | null
  failure: StatsFailure | null
  loading: boolean
  reload(): void
}

const asFailure = (error: unknown) =>
  error instanceof StatsFailure
    ? error
    : new StatsFailure('refused', 'The answer could not be read. Collector and dashboard may be of different versions.')

export function useOverview(load: LoadOverview, selection: Selection, token: string): OverviewState {
  const [overview, setOverview] = useState<Overview | null>(null)
  const [failure, setFailure] = useState<StatsFailure | null>(null)
  const [loading, setLoading] = useState(true)
  const [attempt, setAttempt] = useState(0)
  const { days, audience, by } = selection

  useEffect(() => {
    const abort = new AbortController()
    setLoading(true)
    const settle = (answer: Overview | null, trouble: StatsFailure | null) => {
      if (abort.signal.aborted) return
      if (answer !== null) setOverview(answer)
      setFailure(trouble)
      setLoading(false)
    }
    load({ days, audience, by }, token, abort.signal).then(
      (answer) => settle(answer, null),
      (error: unknown) => settle(null, asFailure(error)),
    )
    return () => abort.abort()
  }, [load, days, audience, by, token, attempt])

  const reload = useCallback(() => setAttempt((count) => count + 1), [])
  return { overview, failure, loading, reload }
}
