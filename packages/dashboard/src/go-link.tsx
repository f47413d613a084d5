// A link inside the dashboard: an address that can be opened in another tab, followed without a reload in this one.
import type { ComponentChildren } from 'preact'
import type { Selection } from './selection'
import { mayFollow, useSession } from './session'
import { useNavigation } from './use-selection'

interface GoLinkProps {
  to: Partial<Selection>
  class?: string
  title?: string
  /** Whether this is where the reader is. */
  current?: boolean
  /** Whether it is one of a list, and the one that is chosen. */
  chosen?: boolean
  children: ComponentChildren
}

export function GoLink({ to, current = false, chosen = false, children, ...rest }: GoLinkProps) {
  const { go, addressOf } = useNavigation()
  const { who } = useSession()
  // Where the reader may not go, the text stays.
  if (!mayFollow(who, to)) return <span {...rest}>{children}</span>
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(to)
  }
  return (
    <a
      {...rest}
      href={addressOf(to)}
      onClick={follow}
      {...((current || chosen) && { 'aria-current': current ? 'page' : 'true' })}
    >
      {children}
    </a>
  )
}
