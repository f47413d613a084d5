// A tab that Chromium treats as it treats a person's: hidden when another one is in front. Playwright's own pages stay
// visible for ever, because it emulates focus in each of them.
import type { Browser } from 'playwright-core'

export interface Tab {
  goto(url: string): Promise<void>
  /** Runs an expression, awaits it, and returns its JSON value. */
  evaluate<Result>(expression: string): Promise<Result>
  /** Brings this tab to the front of its window, which hides the others. */
  activate(): Promise<void>
  /** Any command of the DevTools protocol, such as `Page.setWebLifecycleState`. */
  send<Result>(method: string, params?: object): Promise<Result>
  close(): Promise<void>
}

/** With `newWindow` it stays visible beside the tabs of other windows. */
export async function openTab(browser: Browser, url: string, { newWindow = false } = {}): Promise<Tab> {
  const driver = await browser.newBrowserCDPSession()
  const { targetId } = await driver.send('Target.createTarget', { url, ...(newWindow && { newWindow }) })
  const { sessionId } = await driver.send('Target.attachToTarget', { targetId, flatten: false })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  const listeners = new Map<string, (() => void)[]>()
  let lastId = 0

  driver.on('Target.receivedMessageFromTarget', (message) => {
    if (message.sessionId !== sessionId) return
    const { id, method, result, error } = JSON.parse(message.message)
    if (method) {
      for (const listener of listeners.get(method) ?? []) listener()
      listeners.delete(method)
    }
    if (error) waiting.get(id)?.reject(new Error(error.message))
    else waiting.get(id)?.resolve(result as never)
    waiting.delete(id)
  })

  const once = (event: string) =>
    new Promise<void>((resolve) => listeners.set(event, [...(listeners.get(event) ?? []), resolve]))

  async function send<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++lastId
    const answer = new Promise<Result>((resolve, reject) => waiting.set(id, { resolve, reject }))
    await driver.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
    return answer
  }

  await send('Page.enable')
  return {
    send,
    async goto(next) {
      const loaded = once('Page.loadEventFired')
      await send('Page.navigate', { url: next })
      await loaded
    },
    async evaluate<Result>(expression: string) {
      const { result, exceptionDetails } = await send<{
        result: { value: Result }
        exceptionDetails?: { text: string; exception?: { description?: string } }
      }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    async activate() {
      await driver.send('Target.activateTarget', { targetId })
    },
    async close() {
      await driver.send('Target.closeTarget', { targetId })
      await driver.detach()
    },
  }
}
