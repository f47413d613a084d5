// What the three feeds have in common: made-up posts without an end, a silent clip, and addresses without a page load.

export interface Post {
  id: number
  /** Place in the feed, from 0 up. */
  position: number
  /** A reel plays a clip; its type tells the collector so. */
  type: 'post' | 'reel'
  title: string
}

const POSTS_A_PAGE = 10
const CLIP_MS = 20_000

export function findPost(id: number): Post {
  const type = id % 5 === 0 ? 'reel' : 'post'
  return { id, position: id - 1, type, title: `${type === 'reel' ? 'Reel' : 'Post'} ${id}` }
}

/** The next page of the feed, after those that are there. */
export const loadMore = (posts: Post[]): Post[] => [
  ...posts,
  ...Array.from({ length: POSTS_A_PAGE }, (_, index) => findPost(posts.length + index + 1)),
]

/** What an event about a post says of it. */
export const subjectOf = ({ type, id, position }: Post) => ({ content: { type, id }, source: 'feed', position })

/** The post whose page is open, if one is. */
export function openPost(): Post | undefined {
  const id = /^\/posts\/(\d+)$/.exec(location.pathname)?.[1]
  return id ? findPost(Number(id)) : undefined
}

/** Opens another address without a page load. Every page of this site begins at its top. */
export function navigate(path: string): void {
  history.pushState(null, '', path)
  dispatchEvent(new PopStateEvent('popstate'))
}

/** Calls after each change of the address, also by the back button. Returns a function that ends it. */
export function onNavigate(arrived: () => void): () => void {
  history.scrollRestoration = 'manual'
  addEventListener('popstate', arrived)
  return () => removeEventListener('popstate', arrived)
}

/** Calls when this end of the feed comes near the screen, once. Returns a function that ends it. */
export function onNear(end: Element, near: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return
      observer.disconnect()
      near()
    },
    { rootMargin: '400px' },
  )
  observer.observe(end)
  return () => observer.disconnect()
}

let clipUrl: string | undefined

/** Address of 20 seconds of silence as a WAV, which a `<video>` plays as well as a film. */
export function clip(): string {
  return (clipUrl ??= URL.createObjectURL(new Blob([recordSilence(CLIP_MS)], { type: 'audio/wav' })))
}

/** One byte a sample, 8,000 of them a second, where 128 is silence. */
function recordSilence(durationMs: number): ArrayBuffer {
  const samples = durationMs * 8
  const file = new DataView(new ArrayBuffer(44 + samples))
  const write = (at: number, text: string) =>
    [...text].forEach((letter, index) => file.setUint8(at + index, letter.charCodeAt(0)))
  const numbers: [at: number, value: number][] = [
    [4, 36 + samples],
    [16, 16],
    [20, 0x1_0001],
    [24, 8_000],
    [28, 8_000],
    [32, 0x8_0001],
    [40, samples],
  ]
  write(0, 'RIFF')
  write(8, 'WAVEfmt ')
  write(36, 'data')
  for (const [at, value] of numbers) file.setUint32(at, value, true)
  new Uint8Array(file.buffer, 44).fill(128)
  return file.buffer
}
