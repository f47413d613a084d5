// A process that does nothing but notice how late the machine lets it run.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answerParent } from '../ingest/child.mjs'

const RESOLUTION_MS = 10
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delay.enable()

answerParent(
  () => {
    const longestMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS)
    delay.reset()
    return { longestMs }
  },
  async () => {},
)
