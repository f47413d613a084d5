// What a database error means for the statement that met it: try again, blame the data, or blame ourselves.

/** `connection`: nobody's fault, try again. `partition`: a day has no partition yet. `data`: a row cannot be stored. */
export type ErrorClass = 'connection' | 'partition' | 'data' | 'bug'

/** Classes of SQLSTATE (PostgreSQL manual, appendix A) that say nothing about the statement. */
const CONNECTION_CLASSES = new Set(['08', '25', '28', '3D', '40', '53', '57', '58'])
const LOCK_NOT_AVAILABLE = '55P03'
const DATA_CLASSES = new Set(['22', '23', '54'])
const CHECK_VIOLATION = '23514'

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])
/** pg reports these without a code. */
const SOCKET_MESSAGES =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed)/

/** SQLSTATE or Node's code of an error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

export function classifyError(error: unknown): ErrorClass {
  if (error instanceof AggregateError)
    return error.errors.some((one) => classifyError(one) === 'connection') ? 'connection' : 'bug'
  const code = errorCode(error)
  if (code === undefined) return error instanceof Error && SOCKET_MESSAGES.test(error.message) ? 'connection' : 'bug'
  if (SOCKET_CODES.has(code) || code === LOCK_NOT_AVAILABLE) return 'connection'
  if (code.length !== 5) return 'bug'
  // A real check names its constraint; without a name it is the range of a partition that does not exist.
  if (code === CHECK_VIOLATION && !constraintOf(error)) return 'partition'
  if (CONNECTION_CLASSES.has(code.slice(0, 2))) return 'connection'
  return DATA_CLASSES.has(code.slice(0, 2)) ? 'data' : 'bug'
}

function constraintOf(error: unknown): unknown {
  return error instanceof Error && 'constraint' in error ? error.constraint : undefined
}
