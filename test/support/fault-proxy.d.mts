// What the fault proxy takes and tells.
import type { IncomingHttpHeaders } from 'node:http'

/** One request as it came in. */
export interface Exchange {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** Wall clock at its arrival, in milliseconds since 1970. */
  at: number
  /** Whether the collector got it. */
  isForwarded: boolean
  /** Of the answer that the page got; nothing while held, or when cut. */
  status?: number
}

/** What happens to one request; with nothing given it is forwarded and answered. */
export interface Treatment {
  /** Whether the collector gets it. @default true */
  isForwarded?: boolean
  /** Status that the proxy answers by itself when the request is not forwarded. */
  status?: number
  headers?: Record<string, string>
  /** Whether such an answer may be read by a page of another origin. @default true */
  cors?: boolean
  /** Nothing is ever answered. */
  isHeld?: boolean
  /** The connection ends before the first byte of an answer. */
  isCut?: boolean
  /** The answer waits for so many milliseconds. */
  delayMs?: number
  /** The collector's answer is filled up with spaces, which JSON allows, to so many bytes. */
  padToBytes?: number
}

/** Asked once for each request that is no preflight; preflights always pass. */
export type Fault = (exchange: Exchange) => Treatment

export const faults: {
  none(): Fault
  /** The first `times` requests are answered with `status`; `cors: false` as a gateway that knows nothing of CORS. */
  status(status: number, options?: { times?: number; cors?: boolean }): Fault
  /** 429 with `Retry-After`, until so many seconds have passed since the first of them. */
  tooMany(seconds: number): Fault
  /** Takes everything and says nothing; the collector never hears of it. */
  blackHole(): Fault
  /** The collector stores it and answers; the answer is lost. */
  replyCut(options?: { times?: number }): Fault
  /** The connection ends before the collector has seen anything. */
  cut(options?: { times?: number }): Fault
  /** Answers come so many milliseconds late. */
  slow(delayMs: number): Fault
  /** Answers of so many bytes, which a browser counts against its keepalive budget until they are read. */
  longAnswers(bytes: number): Fault
}

export interface FaultProxy {
  /** The collector, seen through this proxy. */
  origin: string
  /** Every request since it was opened, in the order of arrival. */
  exchanges: Exchange[]
  begin(fault: Fault): void
  end(): void
  /** Refuses connections, and cuts the open ones. */
  goDown(): Promise<void>
  comeUp(): Promise<void>
  close(): Promise<void>
}

export function openFaultProxy(collectorOrigin: string): Promise<FaultProxy>
