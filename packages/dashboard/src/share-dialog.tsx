// Makes read-only links to the page on screen, shows each of them once, lists those there are and revokes them.
import type { MadeShare, Share, ShareList } from '@sightline/collector/shares'
import type { ContentRef } from '@sightline/sdk/wire'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formats } from './format'
import { useSession } from './session'
import { linkOfShare } from './share-fragment'
import { StatsFailure, type AskOptions } from './stats-client'

/** How long a link may be open; `never` until somebody revokes it. */
const lives = [
  { days: '7', label: '7 days' },
  { days: '30', label: '30 days' },
  { days: '90', label: '90 days' },
  { days: '365', label: 'A year' },
  { days: 'never', label: 'Until it is revoked' },
]

const nameOf = (content: ContentRef | null) => (content === null ? 'Overview' : `${content.type}:${content.id}`)

const hasEnded = ({ revokedAt, expiresAt }: Share) =>
  revokedAt !== null || (expiresAt !== null && Date.parse(expiresAt) <= Date.now())

function lifeOf({ revokedAt, expiresAt }: Share): string {
  if (revokedAt !== null) return `revoked ${formats.moment(revokedAt)}`
  if (expiresAt === null) return 'open until it is revoked'
  return `${Date.parse(expiresAt) <= Date.now() ? 'ended' : 'open until'} ${formats.moment(expiresAt)}`
}

/** A link that was just made, to be copied while it can be seen. */
function FreshLink({ link }: { link: string }) {
  const field = useRef<HTMLInputElement>(null)
  const [said, setSaid] = useState('Copy it now: it cannot be shown again.')

  const copy = async () => {
    field.current?.select()
    try {
      await navigator.clipboard.writeText(link)
      setSaid('Copied.')
    } catch {
      // Pages that came over plain HTTP may not write to the clipboard.
      setSaid('It is selected: copy it with the keyboard.')
    }
  }

  // What was just made is where the reader goes on.
  useEffect(() => field.current?.select(), [link])

  return (
    <div class="fresh-link">
      <label>
        <span class="unseen">The link</span>
        <input ref={field} readOnly value={link} />
      </label>
      <button class="primary" type="button" onClick={() => void copy()}>
        Copy
      </button>
      <p class="quiet" role="status">
        {said}
      </p>
    </div>
  )
}

function ShareForm({ content }: { content: ContentRef | null }) {
  const { client, signOut } = useSession()
  const [name, setName] = useState('')
  const [life, setLife] = useState('30')
  const [shares, setShares] = useState<Share[] | null>(null)
  const [link, setLink] = useState<string | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  /** Its failure is told below the form. */
  const ask = async (act?: () => Promise<void>) => {
    // Looking for links makes nobody wait: a form whose button is disabled swallows Enter.
    if (act) setBusy(true)
    setTrouble(null)
    try {
      await act?.()
      setShares((await client.ask<ShareList>('shares')).shares)
    } catch (error) {
      if (error instanceof StatsFailure && error.kind === 'signed_out') return signOut(error.message)
      setTrouble(error instanceof StatsFailure ? error.message : 'The answer of the collector could not be read.')
    } finally {
      if (act) setBusy(false)
    }
  }

  useEffect(() => void ask(), [])

  const make = (event: Event) => {
    event.preventDefault()
    const body = {
      ...(content === null ? { scope: 'overview' } : { scope: 'content', content }),
      name: name.trim() === '' ? null : name,
      expiresInDays: life === 'never' ? null : Number(life),
    }
    void ask(async () => {
      const wish: AskOptions = { method: 'POST', body }
      const { token } = await client.ask<MadeShare>('shares', wish)
      setLink(linkOfShare(window.location.href, token))
      setName('')
    })
  }

  const revoke = (id: string) =>
    void ask(async () => {
      await client.open(`shares/${id}`, { method: 'DELETE' })
    })

  return (
    <>
      <p class="quiet">
        Whoever has the link sees {content === null ? 'the overview' : <b>{nameOf(content)}</b>} and can choose days
        {content === null ? ', audience and filters' : ' and audience'} there. It opens nothing else, and nothing can be
        changed with it.
      </p>
      <form class="share-form" onSubmit={make}>
        <label>
          <span>Name</span>
          <input
            value={name}
            maxLength={100}
            placeholder="For the newsletter team"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>Open for</span>
          <select value={life} onChange={(event) => setLife(event.currentTarget.value)}>
            {lives.map(({ days, label }) => (
              <option key={days} value={days}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <button class="primary" type="submit" disabled={isBusy}>
          Make a link
        </button>
      </form>
      {trouble !== null && (
        <p class="reason" role="alert">
          {trouble}
        </p>
      )}
      {link !== null && <FreshLink link={link} />}
      <h3>All links</h3>
      {shares === null || shares.length === 0 ? (
        <p class="quiet">{shares === null ? 'Loading …' : 'There is none yet.'}</p>
      ) : (
        <ul class="links" tabIndex={0} aria-label="All links">
          {shares.map((share) => (
            <li key={share.id}>
              <span>
                {share.name ?? nameOf(share.content)}
                <small>
                  {share.name !== null && `${nameOf(share.content)} · `}
                  {lifeOf(share)}
                </small>
              </span>
              {!hasEnded(share) && (
                <button
                  class="quiet-button"
                  type="button"
                  disabled={isBusy}
                  aria-label={`Revoke ${share.name ?? nameOf(share.content)}`}
                  onClick={() => revoke(share.id)}
                >
                  Revoke
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** The button that opens the dialog; `content` is the one on screen, `null` the overview. */
export function ShareButton({ content }: { content: ContentRef | null }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [isOpen, setOpen] = useState(false)

  // What is in it is there before it opens, so that the first field gets the focus.
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
  }, [isOpen])

  return (
    <>
      <button class="quiet-button" type="button" onClick={() => setOpen(true)}>
        Share
      </button>
      <dialog ref={dialog} class="share" aria-labelledby="share-title" onClose={() => setOpen(false)}>
        {isOpen && (
          <>
            <h2 id="share-title">Share this page</h2>
            <ShareForm content={content} />
            <form method="dialog">
              <button class="quiet-button" type="submit">
                Close
              </button>
            </form>
          </>
        )}
      </dialog>
    </>
  )
}
