// What the settings alone tell.
import { fine, warning, type Finding } from './finding'

/** Words for which lists of content blockers have patterns, as whole parts of a name. */
const BLOCKED_WORDS =
  /(^|[._-])(analytics|track(er|ing)?|stat(s|istics)?|collect(or)?|beacon|pixel|telemetry|metrics|impressions?|ads?|count(er)?)(?=[._-]|$)/i

export interface SettingsToExamine {
  scriptName: string
  adminToken?: string | undefined
  jwtSecret?: string | undefined
  jwksUrl?: string | undefined
  metricsToken?: string | undefined
  host: string
}

/** @param url address by which browsers reach the collector, if it is known */
export function examineSettings(settings: SettingsToExamine, url?: URL): Finding[] {
  return [checkNames(settings, url), checkIdentity(settings), checkMetrics(settings)]
}

function checkNames({ scriptName }: SettingsToExamine, url?: URL): Finding {
  const check = 'content blockers'
  const suspicious = [scriptName, ...(url ? [url.hostname, ...url.pathname.split('/')] : [])].filter((name) =>
    BLOCKED_WORDS.test(name),
  )
  if (suspicious.length === 0)
    return fine(check, `nothing in ${[scriptName, url?.host].filter(Boolean).join(' and ')} is on their lists`)
  return warning(
    check,
    `${suspicious.map((name) => `"${name}"`).join(' and ')} is a name that content blockers look for`,
    'Serve the script under another name (SCRIPT_NAME=app-notes.js), and the collector under a path of your own site, such as /notes.',
  )
}

function checkIdentity({ jwtSecret, jwksUrl }: SettingsToExamine): Finding {
  const check = 'signed-in viewers'
  if (jwtSecret !== undefined) return fine(check, 'tokens signed with JWT_SECRET')
  if (jwksUrl !== undefined) return fine(check, `tokens signed by ${new URL(jwksUrl).host}`)
  return fine(check, 'none: every viewer is anonymous, as neither JWT_SECRET nor JWKS_URL is set')
}

function checkMetrics({ metricsToken, host }: SettingsToExamine): Finding {
  const check = 'metrics'
  const isPublic = host !== '127.0.0.1' && host !== 'localhost' && host !== '::1'
  if (metricsToken !== undefined || !isPublic)
    return fine(check, metricsToken ? 'behind METRICS_TOKEN' : 'on this machine only')
  return warning(check, 'everybody who reaches the collector may read /metrics', 'Set METRICS_TOKEN.')
}
