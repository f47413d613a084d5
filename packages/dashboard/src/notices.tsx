// What is shown instead of numbers, or above them: waiting, trouble, nothing recorded. Each says what to do next.
import type { StatsFailure } from './stats-client'

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

interface EmptyNoticeProps {
  days: number
  /** Shows the longest period instead. */
  onWiden(): void
}

export const EmptyNotice = ({ days, onWiden }: EmptyNoticeProps) => (
  <div class="panel notice">
    <div>
      <h2>Nothing was recorded in this period</h2>
      <p>
        Put the script on a page of yours, mark what should be counted, and it appears here within seconds. Or choose
        another period or audience.
      </p>
      <pre>
        <code>
          {`<script defer src="${new URL('./sightline.js', document.baseURI)}"></script>\n`}
          {`<article data-sightline="post:42" data-sightline-source="feed">…</article>`}
        </code>
      </pre>
    </div>
    {days < 30 && (
      <button class="primary" type="button" onClick={onWiden}>
        Show 30 days
      </button>
    )}
  </div>
)
