// What a shared link shows that opens nothing, or nothing now: why, and what to do about it.
import { Logo } from './logo'

interface SharedEndProps {
  reason: string
  /** Missing where trying again does not help. */
  onRetry?: (() => void) | undefined
}

export const SharedEnd = ({ reason, onRetry }: SharedEndProps) => (
  <main class="sign-in">
    <div class="panel">
      <h1>
        <Logo /> Sightline
      </h1>
      <p class="reason" role="alert">
        {reason}
      </p>
      {onRetry && (
        <button class="primary" type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  </main>
)
