// A feed without an end: what was seen, watched and opened, for how long and where in the list, what was clicked, liked
// and shared.
import { TrackerProvider, useImpression, useMedia, useTracker, useView } from '@sightline/react'
import { createTracker, type Subject } from '@sightline/sdk'
import { StrictMode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { clip, loadMore, navigate, onNavigate, onNear, openPost, type Post, subjectOf } from '../server/site'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })
const firstPosts = loadMore([])

function Card({ post }: { post: Post }) {
  const tracker = useTracker()
  const subject = subjectOf(post)
  const ref = useImpression(subject)

  return (
    <article ref={ref}>
      <h2>
        <a
          href={`/posts/${post.id}`}
          onClick={(event) => {
            event.preventDefault()
            tracker.click(subject)
            navigate(event.currentTarget.pathname)
          }}
        >
          {post.title}
        </a>
      </h2>
      {post.type === 'reel' && <Reel subject={subject} />}
      <p>Something worth a second of your time.</p>
      <button name="like" onClick={() => tracker.track('like', subject)}>
        Like
      </button>{' '}
      <button name="share" onClick={() => tracker.track('share', { ...subject, metadata: { method: 'button' } })}>
        Share
      </button>
    </article>
  )
}

function Reel({ subject }: { subject: Subject }) {
  return <video ref={useMedia(subject)} src={clip()} muted autoPlay loop playsInline />
}

function End({ near }: { near: () => void }) {
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => onNear(end.current!, near), [near])
  return <div ref={end} />
}

function Feed({ posts, grow }: { posts: Post[]; grow: () => void }) {
  return (
    <>
      {posts.map((post) => (
        <Card key={post.id} post={post} />
      ))}
      <End key={posts.length} near={grow} />
    </>
  )
}

function Detail({ post }: { post: Post }) {
  const tracker = useTracker()
  const subject = { ...subjectOf(post), source: 'detail', position: undefined }

  return (
    <section className="detail" ref={useView(subject)}>
      <h2>{post.title}</h2>
      <p>All of it.</p>
      <button name="like" onClick={() => tracker.track('like', subject)}>
        Like
      </button>
    </section>
  )
}

function App() {
  const [posts, setPosts] = useState(firstPosts)
  const [grow] = useState(() => () => setPosts(loadMore))
  const path = useSyncExternalStore(onNavigate, () => location.pathname)
  useLayoutEffect(() => {
    scrollTo(0, 0)
  }, [path])
  const post = openPost()
  return post ? <Detail key={post.id} post={post} /> : <Feed posts={posts} grow={grow} />
}

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <TrackerProvider tracker={tracker}>
      <App />
    </TrackerProvider>
  </StrictMode>,
)
