// What is shown instead of numbers, or above them: waiting, trouble, nothing recorded. Each says what to do next.
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useSession } from './session'
import type { StatsFailure } from './stats-client'
import type { AnswerState } from './use-answer'

export const LoadingNotice = () => (
  <div class="panel loading" role="status">
    <span class="unseen">Loading the numbers</span>
    {[0, 1, 2, 3, 4, 5, 6, 7].map((place) => (
      <div key={place} class="skeleton" />
    ))}
  </div>
)

export const FailureNotice = ({ failure, onRetry }: { failure: StatsFailure; onRetry(): void }) => (
  <div class="panel notice" role="alert">
    <div>
      <h2>No fresh numbers</h2>
      <p>{failure.message}</p>
    </div>
    <button class="primary" type="button" onClick={onRetry}>
      Try again
    </button>
  </div>
)

/** Says why a part of the page is not there. */
export const RefusedPart = ({ failure, advice }: { failure: StatsFailure; advice?: string }) => (
  <p class="quiet nothing">{advice ?? failure.message}</p>
)

interface EmptyNoticeProps {
  /** Shows a longer period instead; missing when there is none. */
  onWiden?: (() => void) | undefined
}

export const EmptyNotice = ({ onWiden }: EmptyNoticeProps) => (
  <div class="panel notice">
    <div>
      <h2>Nothing was recorded in this period</h2>
      <p>
        Put the script on a page of yours, mark what should be counted, and it appears here within seconds. Or choose
        another period or audience.
      </p>
      <pre tabIndex={0}>
        <code>
          {`<script defer src="${new URL('./sightline.js', document.baseURI)}"></script>\n`}
          {`<article data-sightline="post:42" data-sightline-source="feed">…</article>`}
        </code>
      </pre>
    </div>
    {onWiden && (
      <button class="primary" type="button" onClick={onWiden}>
        Show 30 days
      </button>
    )}
  </div>
)

interface AnsweredProps<Answer> {
  state: AnswerState<Answer>
  children(answer: Answer): ComponentChildren
}

/** A page's numbers, or why there are none. */
export function Answered<Answer>({ state: { answer, failure, loading, reload }, children }: AnsweredProps<Answer>) {
  const { signOut } = useSession()
  useEffect(() => {
    if (failure?.kind === 'signed_out') signOut(failure.message)
  }, [failure, signOut])

  return (
    <main aria-busy={loading}>
      {failure !== null && <FailureNotice failure={failure} onRetry={reload} />}
      {answer === null && failure === null && <LoadingNotice />}
      {answer !== null && <div class={loading ? 'numbers waiting' : 'numbers'}>{children(answer)}</div>}
    </main>
  )
}
