// A grammar of requests that nobody should send: each is made by chance, from a seed that repeats it.

export interface HostileRequest {
  /** Which rule of the grammar made it. */
  rule: string
  body: Buffer
  headers: Record<string, string>
}

type Random = () => number

/** Seeded (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const MAX_BODY_BYTES = 262_144
const MAX_EVENTS = 100

/** One request. Most are small; a few are as large as a request may be, or larger. */
export function createHostileRequest(random: Random): HostileRequest {
  const whole = (below: number) => Math.floor(random() * below)
  const pick = <Item>(items: readonly Item[]): Item => items[whole(items.length)] as Item
  const repeat = (part: string, most: number) => part.repeat(1 + whole(most))

  const hex = (digits: number) => Array.from({ length: digits }, () => whole(16).toString(16)).join('')
  const uuid = (version: string, time = Date.now().toString(16).padStart(12, '0')) =>
    `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(3)}-${pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`
  const goodId = () => uuid('7')

  /** Texts that break parsers, columns, logs or terminals. As JSON, so that every escape arrives as it is. */
  const textRules: (() => string)[] = [
    () => `"${pick(['\\u0000', 'a\\u0000b', '\\ud800', '\\udfff\\ud800', 'x\\udc00'])}"`,
    () => `"${pick(['\\u202e', '\\u200b', '\\r\\nX: y', '\\u001b[2J', '\\u0008', '\\u007f', '\\ufffe', '\\ufeff'])}"`,
    () => JSON.stringify(`${repeat('x', 5_000)}😀${repeat('y', 5_000)}`),
    () => JSON.stringify(pick(["'; drop table events; --", '{1,NULL}', '\\', '"', '","', '$1', '%s', '{}', ''])),
    () => JSON.stringify(pick(['<script>alert(1)</script>', '=cmd()', '../../etc/passwd', 'javascript:alert(1)'])),
    () => JSON.stringify(repeat('👩‍👩‍👧‍👦', 800)),
  ]
  const numberRules: (() => string)[] = [
    () => pick(['1e400', '-1e400', '9007199254740993', '-9007199254740993', '1e308', '1e-400', '-0', '0.1', '-1']),
    () => pick(['2147483647', '2147483648', '-2147483649', '32768', '1e21', '123456789012345678901234567890', '101']),
  ]
  const deep = () => {
    const levels = 1 + whole(random() < 0.05 ? 20_000 : 40)
    return random() < 0.5 ? '['.repeat(levels) + ']'.repeat(levels) : '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
  }
  const wide = () => {
    const keys = 1 + whole(random() < 0.05 ? 9_000 : 150)
    return `{${Array.from({ length: keys }, (_, place) => `"k${place}":${place}`).join()}}`
  }
  const forbidden = () =>
    pick([
      '{"__proto__":{"isAdmin":true}}',
      '{"\\u005f_proto__":{"counted":false}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"constructor":1,"prototype":2,"toString":3,"hasOwnProperty":4}',
      '{"a":{"b":{"__proto__":null}}}',
    ])
  const valueRules: (() => string)[] = [
    ...textRules,
    ...numberRules,
    deep,
    wide,
    forbidden,
    () => pick(['null', 'true', 'false', '[]', '{}', '[[1]]', '[null,null]', '""', '0']),
    () => `{${JSON.stringify(repeat('k', random() < 0.05 ? 60_000 : 200))}:1}`,
  ]
  const anyValue = (): string => pick(valueRules)()

  const fields: [name: string, good: () => string][] = [
    ['id', () => JSON.stringify(goodId())],
    ['type', () => JSON.stringify(pick(['impression', 'view', 'click', 'like', 'wishlist_add']))],
    ['occurredAt', () => String(Date.now() - whole(60_000))],
    ['sessionId', () => JSON.stringify(goodId())],
    ['seq', () => String(whole(1_000))],
    ['content', () => `{"type":"post","id":"${whole(50)}"}`],
    ['source', () => '"feed"'],
    ['viewType', () => '"listing"'],
    ['position', () => String(whole(20))],
    ['referrer', () => '"https://news.example.org/a?b=c"'],
    ['durationMs', () => String(whole(60_000))],
    ['scrollDepth', () => String(whole(101))],
    ['ratio', () => random().toFixed(2)],
    ['criteria', () => '{"threshold":0.5,"minDurationMs":1000}'],
    ['endReason', () => '"left"'],
    ['metadata', () => '{"a":[1,{"b":null}]}'],
  ]
  const oddIds = () =>
    JSON.stringify(
      pick([
        uuid('4'),
        goodId().toUpperCase(),
        uuid('7', '000000000000'),
        uuid('7', 'ffffffffffff'),
        'not-an-id',
        repeat('0', 5_000),
      ]),
    )
  const oddTimes = () =>
    pick([
      '0',
      '-1',
      '1e15',
      '"2026-02-30T00:00:00Z"',
      '"23:59:60Z"',
      '"2026-01-01T00:00:00+14:00"',
      '"yesterday"',
      '1',
    ])

  /** One event, with `wrong` of its fields replaced, left out, doubled or made up. */
  const event = (wrong: number) => {
    const parts = fields
      .filter(([name]) => name === 'type' || random() < 0.6)
      .map(([name, good]) => `"${name}":${good()}`)
    for (let i = 0; i < wrong; i++) {
      const [name] = pick(fields)
      const value = name === 'id' ? oddIds() : name === 'occurredAt' && random() < 0.5 ? oddTimes() : anyValue()
      const odd = random() < 0.85 ? `"${name}":${value}` : `${pick(textRules)()}:${value}`
      const place = parts.findIndex((part) => part.startsWith(`"${name}"`))
      if (place >= 0 && random() < 0.7) parts[place] = odd
      else parts.push(odd)
    }
    return `{${parts.join()}}`
  }
  const events = (most: number) =>
    Array.from({ length: 1 + whole(most) }, () => event(random() < 0.5 ? 0 : 1 + whole(3)))

  const oddEnvelope = (): string => {
    const [name, value] = pick<[string, () => string]>([
      ['v', () => pick(['99', '0', '"1"', 'null', '1.5'])],
      ['sentAt', () => pick(['"now"', '1e400', '-1', '0', '1e18', 'null'])],
      ['sdk', anyValue],
      ['anonymousId', anyValue],
      ['drops', () => pick(['{"expired":3}', '{"expired":-1}', '{"nonsense":1e9}', '[]', '7', wide(), forbidden()])],
      ['events', () => '[]'],
      [`x${hex(3)}`, anyValue],
    ])
    return `"${name}":${value()}`
  }

  const spoil = (text: string) => {
    const bytes = Buffer.from(text)
    for (let i = 0; i <= whole(4); i++) bytes[whole(bytes.length)] = whole(256)
    return bytes
  }

  const rules: [share: number, rule: string, make: () => string | Buffer][] = [
    [30, 'an event with wrong fields', () => event(1 + whole(4))],
    [30, 'a batch with wrong events', () => batch(events(10))],
    [10, 'a wrong envelope', () => batch(events(2), [oddEnvelope()])],
    [
      5,
      'no envelope at all',
      () =>
        pick([
          '',
          'null',
          '[]',
          '42',
          '"x"',
          'true',
          '{}',
          '{"events":{}}',
          '{"events":[]}',
          '[{}]',
          '{"events":null}',
        ]),
    ],
    [4, 'events that are no objects', () => batch(Array.from({ length: 1 + whole(20) }, anyValue))],
    [8, 'JSON cut short', () => batch(events(3)).slice(0, -1 - whole(40))],
    [8, 'JSON with spoilt bytes', () => spoil(batch(events(3)))],
    [
      2,
      'JSON that others would take',
      () => `${pick(['//x\n', ''])}{"events":[${event(0)},]}`.replace('"type"', pick(["'type'", 'type'])),
    ],
    [
      2,
      'another encoding',
      () => Buffer.from(`${pick(['\ufeff', ''])}${batch(events(2))}`, pick(['utf8', 'utf16le', 'latin1'])),
    ],
    [
      2,
      'a text in invalid UTF-8',
      () =>
        Buffer.concat([
          Buffer.from('{"type":"click","source":"'),
          Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
          Buffer.from('"}'),
        ]),
    ],
    [1, 'too many events', () => batch(Array.from({ length: MAX_EVENTS + whole(400) }, () => '{"type":"click"}'))],
    [
      1,
      'an event too large',
      () =>
        batch([
          event(0),
          `{"type":"click","metadata":{"a":["${repeat('x', 900)}"${`,"${'y'.repeat(900)}"`.repeat(20 + whole(20))}]}}`,
        ]),
    ],
    [0.3, 'a body at the limit', () => pad(batch(events(3)), MAX_BODY_BYTES - 1 + whole(3))],
    [0.2, 'a body far above the limit', () => pad(batch(events(3)), MAX_BODY_BYTES * 4)],
    [2, 'noise', () => Buffer.from(Array.from({ length: whole(300) }, () => whole(256)))],
  ]
  const total = rules.reduce((sum, [share]) => sum + share, 0)
  let point = random() * total
  const [, rule, make] = rules.find(([share]) => (point -= share) < 0) ?? rules[0]!
  const body = make()
  const hasOddHeaders = random() < 0.08
  const headers = hasOddHeaders
    ? pick(oddHeaders)
    : { 'content-type': pick(['text/plain;charset=UTF-8', 'application/json']) }
  return { rule: hasOddHeaders ? `${rule}, with odd headers` : rule, body: Buffer.from(body), headers }
}

const batch = (list: string[], envelope: string[] = []) => `{${[...envelope, `"events":[${list.join()}]`].join()}}`

const oddHeaders: Record<string, string>[] = [
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': `text/plain;${'a'.repeat(4_000)}` },
  { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
  { 'content-type': 'text/plain', 'content-encoding': 'identity' },
  { 'content-type': 'text/plain', authorization: 'Basic eDp5' },
  { 'content-type': 'text/plain', origin: 'null' },
  { 'content-type': 'text/plain', referer: 'not an address' },
  { 'content-type': 'text/plain', 'user-agent': '\u00ff'.repeat(2_000) },
  { 'content-type': 'text/plain', 'x-forwarded-for': '1.2.3.4, unknown' },
  { 'content-type': 'text/plain', 'x-filler': 'y'.repeat(20_000) },
]

// Spaces are JSON too.
function pad(text: string, length: number): string {
  return `${text}${' '.repeat(Math.max(0, length - Buffer.byteLength(text)))}`
}
