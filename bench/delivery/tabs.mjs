// Visitors with a profile of their own, and tabs that are hidden when another one is in front, closed, killed or offline.
// Playwright's own pages never are: it emulates focus in each of them.
import { setTimeout as wait } from 'node:timers/promises'

const LONGEST_ANSWER_MS = 20_000

/** A profile is a storage of its own, as a private window has it; it lives until `forget()`. */
export async function openProfile(browser) {
  const driver = await browser.newBrowserCDPSession()
  const { browserContextId } = await driver.send('Target.createBrowserContext')
  const receivers = new Map()
  driver.on('Target.receivedMessageFromTarget', ({ sessionId, message }) =>
    receivers.get(sessionId)?.(JSON.parse(message)),
  )

  return {
    openTab: (url) => openTab(driver, browserContextId, receivers, url),
    async forget() {
      await driver.send('Target.disposeBrowserContext', { browserContextId })
      await driver.detach()
    },
  }
}

async function openTab(driver, browserContextId, receivers, url) {
  const { targetId } = await driver.send('Target.createTarget', { url: 'about:blank', browserContextId })
  const { sessionId } = await driver.send('Target.attachToTarget', { targetId, flatten: false })
  const answers = new Map()
  /** Ids of the documents that have loaded: a late event of the one before says nothing about the next. */
  const loaded = new Set()
  let lastId = 0

  receivers.set(sessionId, ({ id, method, params, result, error }) => {
    if (method === 'Page.lifecycleEvent' && params.name === 'load') loaded.add(params.loaderId)
    const answer = answers.get(id)
    answers.delete(id)
    if (error) answer?.reject(new Error(`bench: the tab refused: ${error.message}`))
    else answer?.resolve(result)
  })

  async function send(method, params = {}) {
    const id = ++lastId
    const { promise, resolve, reject } = withResolvers()
    answers.set(id, { resolve, reject })
    await driver.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
    return promise
  }

  async function ask(method, params) {
    const tooLong = new AbortController()
    const timeout = wait(LONGEST_ANSWER_MS, undefined, { signal: tooLong.signal }).then(() => {
      throw new Error(`bench: expected an answer to ${method} within ${LONGEST_ANSWER_MS} ms, got none.`)
    })
    try {
      return await Promise.race([send(method, params), timeout])
    } finally {
      tooLong.abort()
      timeout.catch(() => {})
    }
  }

  async function goto(next) {
    const { loaderId, errorText } = await ask('Page.navigate', { url: next })
    if (errorText) throw new Error(`bench: expected ${next} to load, got ${errorText}.`)
    const until = Date.now() + LONGEST_ANSWER_MS
    while (!loaded.has(loaderId)) {
      if (Date.now() > until) throw new Error(`bench: expected ${next} to load within ${LONGEST_ANSWER_MS} ms.`)
      await wait(20)
    }
  }

  await ask('Page.enable')
  await ask('Page.setLifecycleEventsEnabled', { enabled: true })
  await goto(url)
  return {
    goto,
    send: ask,
    async evaluate(expression) {
      const asked = { expression, awaitPromise: true, returnByValue: true }
      const { result, exceptionDetails } = await ask('Runtime.evaluate', asked)
      if (exceptionDetails) throw new Error(`bench: the page failed: ${exceptionDetails.exception?.description}`)
      return result.value
    },
    async setOffline(offline) {
      await ask('Network.enable')
      const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
      await ask('Network.emulateNetworkConditions', { offline, ...unlimited })
    },
    /** Ends the process of the page; no handler of the page runs. A killed page cannot answer. */
    async kill() {
      const id = ++lastId
      const message = JSON.stringify({ id, method: 'Page.crash', params: {} })
      await driver.send('Target.sendMessageToTarget', { sessionId, message })
    },
    activate: () => driver.send('Target.activateTarget', { targetId }),
    async close() {
      receivers.delete(sessionId)
      await driver.send('Target.closeTarget', { targetId })
    },
  }
}

function withResolvers() {
  let resolve
  let reject
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
