// What is still open survives the page: one storage name per event, in a space that belongs to one tracker of one page.
import { attempt } from '../attempt'
import { parseJson, type SealedEvent, utf8Length } from '../seal'
import { lock, type Store } from '../storage'
import type { WireEvent } from '../wire'

export interface Keep {
  add(event: SealedEvent): void
  /** They were decided. */
  remove(events: readonly SealedEvent[]): void
  /** Shows all other pages that this one lives. Its Web Lock ends with it, also in a crash; heartbeats would lie. */
  claim(): void
  /** Lets other pages have what is kept: this one goes away, perhaps for good. */
  release(): void
  /**
   * Looks for what pages left behind that live no more. `adopt` gets it page by page, oldest first, and says whether it
   * takes it; `missed` is called for each page that lives.
   */
  search(adopt: (events: SealedEvent[]) => boolean, missed: () => void): void
}

/** Events are kept for one `endpoint`. What was left behind and is no event any more has neither id nor bytes. */
export function openKeep(store: Store, endpoint: string, space: string): Keep {
  const all = `event:${endpoint}:`
  const mine = `${all}${space}:`
  const lockName = (owner: string) => `${endpoint}:${owner}`
  let release: (() => void) | undefined

  const add = ({ id, json }: SealedEvent) => store.set(mine + id, json)

  return {
    add,
    remove(events) {
      for (const { id } of events) store.remove(mine + id)
    },
    claim() {
      release?.()
      const ended = new Promise<void>((resolve) => (release = resolve))
      lock(lockName(space), () => ended)
    },
    release: () => release?.(),
    search(adopt, missed) {
      const owners = new Set(store.rests(all).map((rest) => rest.split(':')[0]!))
      owners.delete(space)
      for (const owner of owners) {
        const take = (held?: Lock | null) => {
          if (held === null) return missed()
          const theirs = `${all}${owner}:`
          // Ids sort by time.
          // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array, and toSorted() is younger than our target
          const ids = store.rests(theirs).sort()
          if (!adopt(ids.map((id) => readKept(id, store.get(theirs + id).join(' '))))) return
          for (const id of ids) store.remove(theirs + id)
        }
        lock(lockName(owner), take, { ifAvailable: true })
      }
    },
  }
}

function readKept(id: string, json: string): SealedEvent {
  const event = attempt(() => parseJson(json) as WireEvent | null)
  const isWhole = event?.id === id
  return isWhole
    ? { id, json, bytes: utf8Length(json), occurredAt: event.occurredAt! }
    : { id: '', json: '{}', bytes: 0, occurredAt: 0 }
}
