// A feed of 50 posts: what was seen, for how long, where in the list, what was clicked, liked and shared.
import { createTracker } from '@sightline/sdk'
import { sightline, useTracker } from '@sightline/vue'
import { createApp } from 'vue'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })

const Feed = {
  setup() {
    const tracker = useTracker()
    const posts = Array.from({ length: 50 }, (_, position) => ({
      title: `Post ${position + 1}`,
      subject: { content: { type: 'post', id: position + 1 }, source: 'feed', position },
    }))
    return { posts, tracker }
  },
  template: `
    <article v-for="{ title, subject } in posts" :key="subject.content.id" v-impression="subject">
      <h2><a :href="'#post-' + subject.content.id" @click="tracker.click(subject)">{{ title }}</a></h2>
      <p>Something worth a second of your time.</p>
      <button @click="tracker.track('like', subject)">Like</button>&nbsp;
      <button @click="tracker.track('share', { ...subject, metadata: { method: 'button' } })">Share</button>
    </article>`,
}

createApp(Feed).use(sightline, { tracker }).mount('#feed')
