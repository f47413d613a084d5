// The site's own script: 50 posts that say by attributes what they are. Sightline finds them, whichever script runs first.
window.sightline = window.sightline || { q: [] }

document.querySelector('#feed').innerHTML = Array.from(
  { length: 50 },
  (_, position) => `
    <article data-sightline="post:${position + 1}" data-sightline-source="feed" data-sightline-position="${position}">
      <h2><a href="#post-${position + 1}" data-sightline-click>Post ${position + 1}</a></h2>
      <p>Something worth a second of your time.</p>
      <button name="like" value="${position + 1}">Like</button> <button name="share" value="${position + 1}">Share</button>
    </article>`,
).join('')

document.querySelector('#feed').addEventListener('click', ({ target: { name, value } }) => {
  if (!name) return
  window.sightline.q.push([
    'track',
    name,
    { content: { type: 'post', id: value }, source: 'feed', position: value - 1 },
  ])
})
