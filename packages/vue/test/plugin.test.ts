// What an app gets from app.use(sightline, { tracker }).
import { expect, expectTypeOf, test } from 'vitest'
import { createApp, type GlobalDirectives, version } from 'vue'
import { type ImpressionBinding, type ImpressionDirective, sightline, useTracker } from '../src/index'
import { createFakeTracker } from '../../sdk/test/support/fake-tracker'

test('runs on the version of Vue that this project names', () => {
  expect(version.startsWith(process.env.VUE_VERSION ?? 'missing')).toBe(true)
})

test('hands the tracker to every component', () => {
  const { tracker } = createFakeTracker()
  let found: unknown
  createApp({ setup: () => ((found = useTracker()), () => null) })
    .use(sightline, { tracker })
    .mount(document.createElement('div'))
  expect(found).toBe(tracker)
})

test('says how to repair an installation without a tracker', () => {
  // @ts-expect-error the options are required
  expect(() => createApp({}).use(sightline)).toThrow(
    'sightline found no tracker: install it with app.use(sightline, { tracker: createTracker(…) }).',
  )
})

test('gives v-impression a type that templates check', () => {
  expectTypeOf<GlobalDirectives['vImpression']>().toEqualTypeOf<ImpressionDirective>()
  expectTypeOf<{ content: { type: 'post'; id: 1 }; position: 3 }>().toExtend<ImpressionBinding>()
  expectTypeOf<{ contents: { type: 'post'; id: 1 } }>().not.toExtend<ImpressionBinding>()
})
