// A feed of 50 posts: what was seen, for how long, where in the list, what was clicked, liked and shared.
import { createTracker } from '@sightline/sdk'
import { TrackerProvider, useImpression, useTracker } from '@sightline/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })
const posts = Array.from({ length: 50 }, (_, index) => ({ id: index + 1, title: `Post ${index + 1}` }))

function Card({ id, title, position }: { id: number; title: string; position: number }) {
  const tracker = useTracker()
  const subject = { content: { type: 'post', id }, source: 'feed', position }
  const ref = useImpression(subject)

  return (
    <article ref={ref}>
      <h2>
        <a href={`#post-${id}`} onClick={() => tracker.click(subject)}>
          {title}
        </a>
      </h2>
      <p>Something worth a second of your time.</p>
      <button onClick={() => tracker.track('like', subject)}>Like</button>{' '}
      <button onClick={() => tracker.track('share', { ...subject, metadata: { method: 'button' } })}>Share</button>
    </article>
  )
}

createRoot(document.querySelector('#feed')!).render(
  <StrictMode>
    <TrackerProvider tracker={tracker}>
      {posts.map((post, position) => (
        <Card key={post.id} {...post} position={position} />
      ))}
    </TrackerProvider>
  </StrictMode>,
)
