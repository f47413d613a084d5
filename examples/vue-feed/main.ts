// A feed without an end: what was seen, watched and opened, for how long and where in the list, what was clicked, liked
// and shared.
import { createTracker } from '@sightline/sdk'
import { sightline, useMedia, useTracker, useView } from '@sightline/vue'
import { createApp, defineComponent, nextTick, onScopeDispose, onMounted, type PropType, ref, shallowRef } from 'vue'
import { clip, loadMore, navigate, onNavigate, onNear, openPost, type Post, subjectOf } from '../server/site'

const tracker = createTracker({ endpoint: 'http://localhost:8787', flushIntervalMs: 2_000 })
const post = { type: Object as PropType<Post>, required: true } as const

const Card = defineComponent({
  props: { post },
  setup(props) {
    const tracker = useTracker()
    const subject = subjectOf(props.post)
    const video = ref<HTMLVideoElement | null>(null)
    useMedia(video, subject)

    function open({ currentTarget }: MouseEvent) {
      tracker.click(subject)
      navigate((currentTarget as HTMLAnchorElement).pathname)
    }
    return { clip, open, subject, tracker, video }
  },
  template: `
    <article v-impression="subject">
      <h2><a :href="'/posts/' + post.id" @click.prevent="open">{{ post.title }}</a></h2>
      <video v-if="post.type === 'reel'" ref="video" :src="clip()" muted autoplay loop playsinline />
      <p>Something worth a second of your time.</p>
      <button name="like" @click="tracker.track('like', subject)">Like</button>&nbsp;
      <button name="share" @click="tracker.track('share', { ...subject, metadata: { method: 'button' } })">Share</button>
    </article>`,
})

const End = defineComponent({
  emits: ['near'],
  setup(_, { emit }) {
    const end = ref<HTMLElement | null>(null)
    let stop: (() => void) | undefined
    onMounted(() => (stop = onNear(end.value!, () => emit('near'))))
    onScopeDispose(() => stop?.())
    return { end }
  },
  template: '<div ref="end" />',
})

const Detail = defineComponent({
  props: { post },
  setup(props) {
    const tracker = useTracker()
    const subject = { ...subjectOf(props.post), source: 'detail', position: undefined }
    const page = ref<HTMLElement | null>(null)
    useView(page, subject)
    return { page, subject, tracker }
  },
  template: `
    <section ref="page" class="detail">
      <h2>{{ post.title }}</h2>
      <p>All of it.</p>
      <button name="like" @click="tracker.track('like', subject)">Like</button>
    </section>`,
})

const App = defineComponent({
  components: { Card, Detail, End },
  setup() {
    const posts = shallowRef(loadMore([]))
    const opened = shallowRef(openPost())
    onNavigate(async () => {
      opened.value = openPost()
      await nextTick()
      scrollTo(0, 0)
    })
    return { grow: () => (posts.value = loadMore(posts.value)), opened, posts }
  },
  template: `
    <Detail v-if="opened" :key="opened.id" :post="opened" />
    <template v-else>
      <Card v-for="post in posts" :key="post.id" :post="post" />
      <End :key="posts.length" @near="grow" />
    </template>`,
})

createApp(App).use(sightline, { tracker }).mount('#app')
