// Secrets that can be guessed are refused, whatever they open.
import { z } from 'zod'

/** Secrets that were copied from an example protect nobody. */
const PLACEHOLDER = /change.?me|replace.?me|placeholder|your.?(jwt|secret|token|key)|^(secret|password)+$/i
export const longSecret = z.string().refine((value) => Buffer.byteLength(value) >= 32 && !PLACEHOLDER.test(value))
