// The kit for users' own tests: what was tracked, and what is on screen, without a browser and without a collector.
export { createTestTracker, type TestTracker } from './testing/test-tracker'
export { type ExpectedEvent, type ExpectedFields, toHaveTracked } from './testing/match'
export { type FakeViewport, fakeViewport } from './testing/fake-viewport'
