// Limits: how much one network may send, how large a request may be, and how much may wait to be stored.
import { wireLimits } from '@sightline/sdk/wire'
import { count } from './setting'

export const rateSettings = {
  networkEventsPerSecond: count(
    50,
    {
      flag: '--network-events-per-second',
      unit: 'events per second',
      description: 'Events that one client network (IPv4 address, IPv6 /64) may send, on average. 0 sets no limit.',
    },
    0,
  ),
  networkBurstEvents: count(200, {
    flag: '--network-burst-events',
    unit: 'events',
    description: 'Events that one client network may send at once after a pause.',
  }),
  collectorEventsPerSecond: count(
    0,
    {
      flag: '--collector-events-per-second',
      unit: 'events per second',
      description: 'Events that this collector takes from all networks together. 0 sets no limit.',
    },
    0,
  ),
} as const

export const sizeSettings = {
  maxBatchBytes: count(wireLimits.maxBatchBytes, {
    flag: '--max-batch-bytes',
    unit: 'bytes',
    description: 'Largest request body. Larger ones get 413.',
  }),
  maxBatchEvents: count(wireLimits.maxBatchEvents, {
    flag: '--max-batch-events',
    unit: 'events',
    description: 'Most events in one batch. Larger ones get 413.',
  }),
  maxAdminBatchBytes: count(1_048_576, {
    flag: '--max-admin-batch-bytes',
    unit: 'bytes',
    description: 'Largest request body with an admin token.',
  }),
  maxAdminBatchEvents: count(500, {
    flag: '--max-admin-batch-events',
    unit: 'events',
    description: 'Most events, or contents of the catalogue, in one request with an admin token.',
  }),
  maxEventBytes: count(wireLimits.maxEventBytes, {
    flag: '--max-event-bytes',
    unit: 'bytes',
    description: 'Largest single event. Larger ones are refused alone.',
  }),
  groupMaxRows: count(2_000, {
    flag: '--group-max-rows',
    unit: 'rows',
    description: 'Rows at which a group of requests is written at once.',
  }),
  groupMaxBytes: count(1_048_576, {
    flag: '--group-max-bytes',
    unit: 'bytes',
    description: 'Bytes at which a group of requests is written at once.',
  }),
  groupMaxWaitMs: count(
    5,
    {
      flag: '--group-max-wait-ms',
      unit: 'milliseconds',
      description: 'Longest time a group waits for more requests.',
    },
    0,
    1_000,
  ),
  groupsInFlight: count(
    2,
    { flag: '--groups-in-flight', unit: 'groups', description: 'Groups that are written at the same time.' },
    1,
    16,
  ),
  maxWaitingRows: count(100_000, {
    flag: '--max-waiting-rows',
    unit: 'rows',
    description: 'Rows that may wait to be stored. Above 80 % new requests get 503.',
  }),
  maxWaitingBytes: count(67_108_864, {
    flag: '--max-waiting-bytes',
    unit: 'bytes',
    description: 'Bytes that may wait to be stored. Above 80 % new requests get 503.',
  }),
  maxWaitMs: count(4_500, {
    flag: '--max-wait-ms',
    unit: 'milliseconds',
    description: 'Longest time a request waits for its commit, then it gets 503.',
  }),
} as const
