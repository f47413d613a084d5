// How long what is stored is kept, by whose clock, and how the work on it is shared between collectors.
import { z } from 'zod'
import { isTimezone } from '../site-clock'
import { count, setting } from './setting'

export const keepingSettings = {
  timezone: setting(z.string().refine(isTimezone), 'UTC', {
    flag: '--timezone',
    unit: 'IANA zone',
    description: 'Time zone whose hours and days are counted.',
    expected: 'an IANA time zone',
    example: 'Europe/Berlin',
  }),
  rawRetentionDays: count(7, {
    flag: '--raw-retention-days',
    unit: 'days',
    description:
      'How long single events are kept at least. They go when their day is closed and a retry cannot come any more.',
  }),
  rollupRetentionDays: count(90, {
    flag: '--rollup-retention-days',
    unit: 'days',
    description:
      'How long closed days, positions and outcomes are kept; never shorter than single events, whose numbers they hold.',
  }),
  maxRecentViews: count(
    50,
    {
      flag: '--max-recent-views',
      unit: 'contents',
      description: 'Length of the recently-viewed list of each signed-in viewer; the oldest leave it.',
    },
    1,
    10_000,
  ),
  jobLeaseMs: count(
    30_000,
    {
      flag: '--job-lease-ms',
      unit: 'milliseconds',
      description: 'When a collector dies in the middle of a job, another one takes the job over after this time.',
    },
    1_000,
    600_000,
  ),
  longestJobPeriodMs: count(
    3_600_000,
    {
      flag: '--longest-job-period-ms',
      unit: 'milliseconds',
      description: 'Every job runs at least this often, on one of the collectors.',
    },
    100,
    3_600_000,
  ),
} as const
