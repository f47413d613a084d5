// What kind of reader this browser keeps a session for: no secret, but enough to ask for the first numbers without asking who it is.
import type { Who } from '@sightline/collector/trust'

export type KeptRole = 'admin' | 'moderator' | 'user'

const NAME = 'sightline-kept'
const roles: readonly KeptRole[] = ['admin', 'moderator', 'user']

/** `null` also where the browser lets nothing be stored. */
export function readKeptRole(): KeptRole | null {
  try {
    const kept = window.localStorage.getItem(NAME)
    return roles.find((role) => role === kept) ?? null
  } catch {
    return null
  }
}

/** Notes the reader whose session is in the cookie, and forgets everybody else. */
export function noteKeptRole({ role, isKept }: Pick<Who, 'role' | 'isKept'>): void {
  try {
    if (isKept) window.localStorage.setItem(NAME, role)
    else window.localStorage.removeItem(NAME)
  } catch {
    // The next visit asks who it is first.
  }
}
