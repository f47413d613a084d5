// The one door to the collector: asks the stats API and turns every refusal into a sentence for the reader.
import type { SiteSeries, SiteStats, TopContent } from '@sightline/collector/stats'
import type { Selection } from './selection'

/** Rows of the top content table. */
const TOP_LIMIT = 10

/** Days shown around a single day, so that its chart has something to compare with. */
const CONTEXT_DAYS = 7

export interface Overview {
  site: SiteStats
  series: SiteSeries
  top: TopContent
}

/** `signed_out`: the token is not good for this; `unavailable`: try again later; `refused`: trying again will not help. */
export type FailureKind = 'signed_out' | 'unavailable' | 'refused'

/** An answer that is not numbers. `message` is a sentence for the reader. */
export class StatsFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message)
  }
}

/** Asks for everything on the overview at once. Rejects with {@link StatsFailure}, or with an abort of `signal`. */
export type LoadOverview = (selection: Selection, token: string, signal: AbortSignal) => Promise<Overview>

async function readRefusal(response: Response): Promise<string | null> {
  try {
    const body: unknown = await response.json()
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null
    return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : null
  } catch {
    return null
  }
}

async function failureFrom(response: Response): Promise<StatsFailure> {
  const said = await readRefusal(response)
  if (response.status === 401)
    return new StatsFailure('signed_out', 'That token was not accepted. Check it and sign in again.')
  if (response.status === 403)
    return new StatsFailure(
      'signed_out',
      'That token may not read site statistics. Use an admin token or a moderator’s.',
    )
  if (response.status >= 500 || response.status === 429)
    return new StatsFailure('unavailable', said ?? `The collector answered ${response.status}. Try again in a moment.`)
  return new StatsFailure('refused', said ?? `The collector refused the question with ${response.status}.`)
}

/** Talks to the collector that served this page; `base` is the page's own address. */
export function createLoadOverview(request: typeof fetch, base: string): LoadOverview {
  async function ask<Answer>(path: string, query: Record<string, string>, token: string, signal: AbortSignal) {
    const url = new URL(`./v1/stats/${path}?${new URLSearchParams(query)}`, base)
    let response: Response
    try {
      response = await request(url, { headers: { authorization: `Bearer ${token}` }, signal, cache: 'no-store' })
    } catch (error) {
      if (signal.aborted) throw error
      throw new StatsFailure('unavailable', 'The collector cannot be reached. Check that it runs, then try again.')
    }
    if (!response.ok) throw await failureFrom(response)
    return (await response.json()) as Answer
  }

  return async (selection, token, signal) => {
    const { audience } = selection
    const days = String(selection.days)
    const seriesDays = String(selection.days === 1 ? CONTEXT_DAYS : selection.days)
    const top = { days, audience, by: selection.by, limit: String(TOP_LIMIT) }
    const [site, series, topContent] = await Promise.all([
      ask<SiteStats>('site', { days, audience }, token, signal),
      ask<SiteSeries>('series', { days: seriesDays, audience }, token, signal),
      ask<TopContent>('top', top, token, signal),
    ])
    return { site, series, top: topContent }
  }
}
