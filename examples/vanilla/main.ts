// A feed of 50 posts: what was seen, for how long, where in the list, what was clicked, liked and shared.
import { createTracker, type Subject } from '@sightline/sdk'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })
const feed = document.querySelector('#feed')!

for (let position = 0; position < 50; position++) {
  const subject: Subject = { content: { type: 'post', id: position + 1 }, source: 'feed', position }
  const card = document.createElement('article')
  card.innerHTML = `
    <h2><a href="#post-${position + 1}">Post ${position + 1}</a></h2>
    <p>Something worth a second of your time.</p>
    <button name="like">Like</button> <button name="share">Share</button>`

  card.addEventListener('click', ({ target }) => {
    if (target instanceof HTMLAnchorElement) tracker.click(subject)
    if (target instanceof HTMLButtonElement) tracker.track(target.name, subject)
  })

  feed.append(card)
  tracker.observe(card, subject)
}
