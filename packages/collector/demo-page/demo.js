// Builds the feed from posts.json, tells the tracker of clicks, likes and shares, and shows what it has counted.

/** How often the panel is read again, in milliseconds. */
const PANEL_MS = 500

const element = (name, properties = {}, children = []) => {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

/** A button that stays pressed and reports the first press. */
function createToggle(label, pressedLabel, onPress) {
  const button = element('button', { type: 'button', textContent: label, ariaPressed: 'false' })
  button.addEventListener('click', () => {
    const pressed = button.ariaPressed !== 'true'
    button.ariaPressed = String(pressed)
    button.textContent = pressed ? pressedLabel : label
    if (pressed) onPress()
  })
  return button
}

/** A landscape of its own for every card, painted by the style sheet. */
function paintPicture(id) {
  const picture = element('div', { className: 'picture' })
  picture.style.setProperty('--hue', String((id * 137) % 360))
  picture.style.setProperty('--sun', `${15 + ((id * 61) % 70)}% ${18 + ((id * 29) % 30)}%`)
  picture.style.setProperty('--near', `${(id * 47) % 100}% ${104 + ((id * 13) % 16)}%`)
  picture.style.setProperty('--far', `${(id * 83) % 100}% ${108 + ((id * 7) % 20)}%`)
  return picture
}

function createCard(post, position) {
  const content = { type: post.type, id: post.id }
  const note = element('p', { className: 'note', textContent: 'That was counted as a click.', hidden: true })
  const title = element('button', { type: 'button', textContent: post.title })
  title.addEventListener('click', () => {
    note.hidden = false
    window.sightline?.click({ content, source: 'feed', position })
  })

  const like = createToggle('♡ Like', '♥ Liked', () =>
    window.sightline?.track('like', { content, source: 'feed', position }),
  )
  const share = createToggle('↗ Share', '✓ Shared', () =>
    window.sightline?.track('share', { content, source: 'feed', position, metadata: { method: 'demo' } }),
  )

  const words = [
    element('p', { className: 'by', textContent: post.author }),
    element('h2', {}, [title]),
    element('p', { textContent: post.text }),
    note,
  ]
  const card = element('article', {}, [
    paintPicture(Number(post.id)),
    element('div', { className: 'words' }, words),
    element('div', { className: 'actions' }, [like, share]),
  ])
  // These three attributes are all that the tracker needs in order to count what was seen.
  card.dataset.sightline = `${post.type}:${post.id}`
  card.dataset.sightlineSource = 'feed'
  card.dataset.sightlinePosition = String(position)
  return card
}

function showCounts() {
  const tracker = window.sightline
  if (tracker === undefined) {
    document.getElementById('hint').textContent =
      'The tracker was not loaded. A content blocker may have stopped sightline.js; allow it for this page and reload.'
    return
  }
  const { recorded, delivered, queued, inFlight, unconfirmed, dropped } = tracker.stats()
  const counts = {
    recorded,
    stored: delivered,
    waiting: queued + inFlight + unconfirmed,
    dropped: Object.values(dropped).reduce((sum, count) => sum + count, 0),
  }
  for (const [id, count] of Object.entries(counts)) document.getElementById(id).textContent = count.toLocaleString()
}

const posts = await (await fetch('./posts.json')).json()
document.getElementById('feed').append(...posts.map(createCard))
showCounts()
setInterval(showCounts, PANEL_MS)
