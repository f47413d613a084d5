// The fifty cards of the demo feed, shared with the page that shows them.
import posts from '../../demo-page/posts.json'

export interface DemoPost {
  type: string
  id: string
  title: string
}

export const demoPosts: readonly DemoPost[] = posts
