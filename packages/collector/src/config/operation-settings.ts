// For those who run the collector: their tokens, its log, and what it may do with PostgreSQL.
import { z } from 'zod'
import { longSecret } from './secret'
import { setting, text, toggle } from './setting'

export const operationSettings = {
  adminToken: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--admin-token',
      unit: 'text',
      description: 'A fixed admin token. Without it one is made at the first start and printed once.',
      expected: 'a random text of at least 32 characters, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  preparedStatements: toggle(true, {
    flag: '--prepared-statements',
    description:
      'Keeps the plans of statements on connections to PostgreSQL. Turn it off behind a pooler in transaction mode that cannot.',
  }),
  allowLossOnPowerCut: toggle(false, {
    flag: '--allow-loss-on-power-cut',
    description:
      'Starts also on a PostgreSQL with synchronous_commit or fsync off, which can lose acknowledged events in a crash.',
  }),
  metricsToken: setting(
    longSecret.optional(),
    undefined,
    {
      flag: '--metrics-token',
      unit: 'text',
      description: 'Token that GET /metrics asks for. Without it everybody may read the totals there.',
      expected: 'a random text of at least 32 characters, not a placeholder',
      example: '"$(openssl rand -base64 32)"',
    },
    text,
    true,
  ),
  logLevel: setting(z.enum(['debug', 'info', 'warn', 'error', 'silent']), 'info', {
    flag: '--log-level',
    unit: 'level',
    description: 'What is logged: debug has a line per request. Addresses, bodies and tokens are never logged.',
    expected: 'one of debug, info, warn, error, silent',
    example: 'info',
  }),
  scriptName: setting(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.js$/), 'sightline.js', {
    flag: '--script-name',
    unit: 'file name',
    description: 'Name under which the browser script is served. Content blockers match on names.',
    expected: 'a file name of letters, digits, dots and dashes that ends in .js',
    example: 'stats.js',
  }),
} as const
