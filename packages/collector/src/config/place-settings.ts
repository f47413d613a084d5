// Where the collector listens, and where it keeps what it takes in.
import { z } from 'zod'
import { setting, text, toggle, wholeNumber } from './setting'

export const placeSettings = {
  host: setting(z.string().min(1), '127.0.0.1', {
    flag: '--host',
    unit: 'address',
    description: 'Address to listen on. 0.0.0.0 listens on every network of the machine.',
    expected: 'an address or a host name',
    example: '0.0.0.0',
  }),
  port: setting(
    z.int().min(0).max(65_535),
    8787,
    {
      flag: '--port',
      unit: 'port',
      description: 'Port to listen on. 0 takes a free one.',
      expected: 'a port number from 0 to 65535',
      example: '8787',
    },
    wholeNumber,
  ),
  databaseUrl: setting(
    z
      .string()
      .refine((value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol))
      .optional(),
    undefined,
    {
      flag: '--database-url',
      unit: 'URL',
      description: 'PostgreSQL 15 or newer. Without it events are stored in an embedded PGlite in the data directory.',
      expected: 'a URL that begins with postgres://',
      example: 'postgres://user:password@localhost:5432/sightline',
    },
    text,
    true,
  ),
  dataDir: setting(z.string().min(1), './sightline-data', {
    flag: '--data-dir',
    unit: 'path',
    description: 'Directory of the embedded database. Made if it does not exist; one process at a time.',
    expected: 'a path',
    example: './sightline-data',
  }),
  memory: toggle(false, {
    flag: '--memory',
    description:
      'For tests: a database in memory, gone at the end, and /_test/events and /_test/reset, which ask for no token.',
  }),
} as const
