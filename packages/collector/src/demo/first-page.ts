// What the dashboard asks when it opens, asked while the reader is still on the way there: the answers are kept for them.
import type { FastifyInstance } from 'fastify'

const DAYS = 'days=7&audience=all'

/** A test of the dashboard holds them to what it asks. */
export const firstPageQuestions: readonly string[] = [
  `site?${DAYS}`,
  `series?${DAYS}`,
  `top?${DAYS}&by=impressions&limit=10`,
  `top?${DAYS}&by=pageViews&limit=10`,
  `breakdown/source?${DAYS}&type=impression`,
  `breakdown/referrer?${DAYS}&type=page_view`,
  `breakdown/country?${DAYS}&type=impression`,
  `breakdown/device?${DAYS}&type=impression`,
]

interface Range {
  from: string
  to: string
}

const DAY_MS = 86_400_000
const addDays = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)

/** As many days, right before. */
function rangeBefore({ from, to }: Range): string {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
  return `from=${addDays(from, -days)}&to=${addDays(to, -days)}&audience=all`
}

/** Asks one question after the other until the signal ends it. */
export async function prepareFirstPage(
  app: Pick<FastifyInstance, 'inject'>,
  adminToken: string,
  signal: AbortSignal,
): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}` }
  const ask = async (question: string) =>
    signal.aborted ? undefined : app.inject({ url: `/v1/stats/${question}`, headers })
  let shown: Range | undefined
  for (const question of firstPageQuestions) {
    const answer = await ask(question)
    if (answer?.statusCode === 200) shown ??= answer.json<Range>()
  }
  if (shown === undefined) return
  for (const name of ['site', 'series']) await ask(`${name}?${rangeBefore(shown)}`)
}
