// Short media made in the page: sound of an exact length, and a film recorded from a canvas.

/** Address of silence as a WAV: its length is exact, and it can be sought in. A `<video>` plays it as well. */
export function soundUrl(durationMs: number): string {
  const rateHz = 8_000
  const samples = Math.round((durationMs * rateHz) / 1_000)
  const view = new DataView(new ArrayBuffer(44 + samples))
  const text = (at: number, letters: string) =>
    Array.from(letters, (letter, index) => view.setUint8(at + index, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rateHz, true)
  view.setUint32(28, rateHz, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  text(36, 'data')
  view.setUint32(40, samples, true)
  // 128 is silence where a sample is one byte.
  new Uint8Array(view.buffer, 44).fill(128)
  return URL.createObjectURL(new Blob([view.buffer], { type: 'audio/wav' }))
}

/** A film of changing colours that goes on until it is stopped. */
export function liveFilm(): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 })
  const brush = canvas.getContext('2d')!
  let hue = 0
  setInterval(() => {
    brush.fillStyle = `hsl(${(hue += 10)} 80% 50%)`
    brush.fillRect(0, 0, 64, 64)
  }, 30)
  return canvas.captureStream(30)
}

/** A film of about that length, recorded while the time passes; in pieces of about 100 ms. */
export async function recordFilm(durationMs: number): Promise<Blob[]> {
  const chunks: Blob[] = []
  const recorder = new MediaRecorder(liveFilm(), { mimeType: 'video/webm; codecs=vp8' })
  recorder.addEventListener('dataavailable', ({ data }) => chunks.push(data))
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve))
  recorder.start(100)
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  recorder.stop()
  await stopped
  return chunks
}

/** Puts a player on the page, muted so that no gesture is needed, and waits until it knows its length. */
export async function addPlayer(
  source: string | MediaStream,
  { tag = 'video' as 'video' | 'audio', top = 0, left = 0, into = document.body as Element, loop = false } = {},
): Promise<HTMLMediaElement> {
  const player = document.createElement(tag)
  Object.assign(player, { muted: true, controls: true, playsInline: true, loop })
  if (typeof source === 'string') player.src = source
  else player.srcObject = source
  player.style.cssText = `position: absolute; top: ${top}px; left: ${left}px; width: 300px; height: 200px`
  into.append(player)
  if (player.readyState === 0) await happens(player, 'loadedmetadata')
  return player
}

/** The next event of a type; it is waited for ten seconds. */
export const happens = (target: EventTarget, type: string) =>
  new Promise<Event>((resolve, reject) => {
    target.addEventListener(type, resolve, { once: true })
    setTimeout(() => reject(new Error(`Expected "${type}" within 10 seconds, and it did not come.`)), 10_000)
  })

/** When the player came to rest, on the clock of `scene.now()`. */
export async function comesToRest(player: HTMLMediaElement): Promise<number> {
  for (;;) {
    const movedAtMs = await movesOn(player, 400)
    if (movedAtMs === Infinity) return performance.timeOrigin + performance.now() - 400
  }
}

/** When the player is next seen moving on, on the clock of `scene.now()`; `Infinity` if it does not within the time. */
export async function movesOn(player: HTMLMediaElement, withinMs = 10_000): Promise<number> {
  const { currentTime } = player
  const giveUpAt = performance.now() + withinMs
  while (player.currentTime === currentTime) {
    if (performance.now() > giveUpAt) return Infinity
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return performance.timeOrigin + performance.now()
}
