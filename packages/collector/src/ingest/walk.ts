// Untrusted JSON is walked here without recursion, before anything that recurses, serialises or stores may touch it.
import { wireLimits } from '@sightline/sdk/wire'
import { storableText } from '../storable-text'

/** Why a value may not go on. */
export interface WalkProblem {
  code: 'too_deep' | 'too_many_keys' | 'too_many_values' | 'invalid_number'
  message: string
}

type Container = Record<string, unknown> | unknown[]

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null

/** The event itself is level 0 and its metadata level 1, so the levels of both are the same numbers. */
const MAX_DEPTH = wireLimits.maxMetadataDepth

/**
 * Checks depth, keys, values and numbers of one event, and makes its strings and keys storable in place.
 * Metadata and everything else each have the limits of {@link wireLimits} to themselves.
 */
export function walkEvent(event: Record<string, unknown>): WalkProblem | undefined {
  const metadata = event['metadata']
  const outside = { keys: 0, values: 0 }
  const inside = { keys: 0, values: 0 }
  const stack: { value: Container; depth: number; within: typeof outside }[] = [
    { value: event, depth: 0, within: outside },
  ]

  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { value, depth, within } = entry
    if (depth > MAX_DEPTH) return tooDeep
    const isList = Array.isArray(value)
    const names = Object.keys(value)
    within.values += names.length
    if (!isList) within.keys += names.length
    if (within.keys > wireLimits.maxMetadataKeys) return tooManyKeys(within === inside)
    if (within.values > wireLimits.maxMetadataNodes) return tooManyValues

    for (const name of names) {
      const child = (value as Record<string, unknown>)[name]
      const problem = numberProblem(child)
      if (problem) return problem
      const key = isList ? name : storableText(name)
      if (key !== name) delete (value as Record<string, unknown>)[name]
      const kept = typeof child === 'string' ? storableText(child) : child
      if (kept !== child || key !== name) (value as Record<string, unknown>)[key] = kept
      if (isContainer(child)) {
        stack.push({ value: child, depth: depth + 1, within: depth === 0 && child === metadata ? inside : within })
      }
    }
  }
  return undefined
}

const tooDeep: WalkProblem = {
  code: 'too_deep',
  message: `Expected at most ${wireLimits.maxMetadataDepth} levels of nesting in "metadata", got more.`,
}

const tooManyValues: WalkProblem = {
  code: 'too_many_values',
  message: `Expected at most ${wireLimits.maxMetadataNodes} values in "metadata", got more.`,
}

function tooManyKeys(inMetadata: boolean): WalkProblem {
  const place = inMetadata ? 'in "metadata"' : 'beside "metadata"'
  return { code: 'too_many_keys', message: `Expected at most ${wireLimits.maxMetadataKeys} keys ${place}, got more.` }
}

function numberProblem(value: unknown): WalkProblem | undefined {
  if (typeof value !== 'number') return undefined
  if (!Number.isFinite(value)) {
    return { code: 'invalid_number', message: 'Expected numbers that a double can hold, got a larger one.' }
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return {
      code: 'invalid_number',
      message: 'Expected whole numbers between −(2^53 − 1) and 2^53 − 1, got one outside, which would be rounded.',
    }
  }
  return undefined
}
