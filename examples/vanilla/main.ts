// A feed without an end: what was seen, watched and opened, for how long and where in the list, what was clicked, liked
// and shared.
import { createTracker } from '@sightline/sdk'
import { clip, loadMore, navigate, onNavigate, onNear, openPost, type Post, subjectOf } from '../server/site'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })
const app = document.querySelector('#app')!
let posts = loadMore([])
/** Ends what is being observed on the page that is open. */
let stops: (() => void)[] = []

function render(html: string, className = ''): HTMLElement {
  const element = document.createElement('div')
  element.innerHTML = html.trim()
  const child = element.firstElementChild as HTMLElement
  if (className) child.className = className
  return child
}

function card(post: Post): HTMLElement {
  const subject = subjectOf(post)
  const element = render(`
    <article>
      <h2><a href="/posts/${post.id}">${post.title}</a></h2>
      ${post.type === 'reel' ? `<video src="${clip()}" muted autoplay loop playsinline></video>` : ''}
      <p>Something worth a second of your time.</p>
      <button name="like">Like</button> <button name="share">Share</button>
    </article>`)
  element.addEventListener('click', (event) => {
    const { target } = event
    if (target instanceof HTMLAnchorElement) {
      event.preventDefault()
      tracker.click(subject)
      navigate(target.pathname)
    }
    if (target instanceof HTMLButtonElement) {
      tracker.track(target.name, target.name === 'share' ? { ...subject, metadata: { method: 'button' } } : subject)
    }
  })
  stops.push(tracker.observe(element, subject))
  const video = element.querySelector('video')
  if (video) stops.push(tracker.observeMedia(video, subject))
  return element
}

function showFeed(): void {
  const end = document.createElement('div')
  app.replaceChildren(...posts.map(card), end)

  const growAtEnd = () => {
    stops.push(
      onNear(end, () => {
        const before = posts.length
        posts = loadMore(posts)
        end.before(...posts.slice(before).map(card))
        growAtEnd()
      }),
    )
  }
  growAtEnd()
}

function showPost(post: Post): void {
  const subject = { ...subjectOf(post), source: 'detail', position: undefined }
  const element = render(
    `<section>
      <h2>${post.title}</h2>
      <p>All of it.</p>
      <button name="like">Like</button>
    </section>`,
    'detail',
  )
  element.querySelector('button')!.addEventListener('click', () => tracker.track('like', subject))
  app.replaceChildren(element)
  // Who opened it means to see it: it counts at once, with any part on screen.
  const opened = { ...subject, viewType: 'intentional' }
  stops.push(tracker.observe(element, opened, { threshold: 0, minDurationMs: 0 }))
}

function showPage(): void {
  for (const stop of stops) stop()
  stops = []
  const post = openPost()
  if (post) showPost(post)
  else showFeed()
  scrollTo(0, 0)
}

onNavigate(showPage)
showPage()
