// What counts: rules for views and watches, what is compared, and what is on the rise.
import { z } from 'zod'
import { amount, count, list, setting, toggle } from './setting'

export const countingSettings = {
  countBots: toggle(false, {
    flag: '--count-bots',
    description: 'Whether events of crawlers count. They are stored and marked either way.',
  }),
  countScripts: toggle(true, {
    flag: '--count-scripts',
    description: 'The same for curl, HTTP libraries and browsers under test.',
  }),
  countOwnViews: toggle(false, {
    flag: '--count-own-views',
    description:
      "Whether the owner of a content counts among those who saw it. The owner's events are stored either way.",
  }),
  strictCatalog: toggle(false, {
    flag: '--strict-catalog',
    description: 'Refuses events about content that is not registered, except pages.',
  }),
  viewDedupeMs: count(
    300_000,
    {
      flag: '--view-dedupe-ms',
      unit: 'milliseconds',
      description:
        'A view of the same content by the same viewer within this time counts once; durations are added. 0 counts all.',
    },
    0,
    86_400_000,
  ),
  statsCacheMs: count(
    300_000,
    {
      flag: '--stats-cache-ms',
      unit: 'milliseconds',
      description:
        'How long an answer of the stats API is kept while nothing is committed. cache=0 in a question makes it anew; 0 keeps none.',
    },
    0,
    3_600_000,
  ),
  compareKeys: setting(
    z.array(z.string().min(1).max(64)).max(8),
    ['variant'],
    {
      flag: '--compare-keys',
      unit: 'names, by comma',
      description: 'Keys of metadata whose values are counted, so that variants of a test can be compared. At most 8.',
      expected: 'a list of at most 8 names of up to 64 characters',
      example: 'variant,layout',
    },
    list,
  ),
  watchSkipMs: count(
    3_000,
    { flag: '--watch-skip-ms', unit: 'milliseconds', description: 'A shorter watch is a skip.' },
    0,
    86_400_000,
  ),
  watchSkipPercent: amount(
    10,
    {
      flag: '--watch-skip-percent',
      unit: 'percent of the length',
      description: 'So is one of less than this share of the content or media.',
    },
    100,
  ),
  watchCompletePercent: amount(
    95,
    {
      flag: '--watch-complete-percent',
      unit: 'percent of the length',
      description: 'A watch of at least this share is complete, as is one that reached the end.',
    },
    100,
  ),
  trending: toggle(false, {
    flag: '--trending',
    description: 'Whether GET /v1/trending tells everybody which public content is on the rise.',
  }),
  trendingWindowHours: count(
    24,
    {
      flag: '--trending-window-hours',
      unit: 'hours',
      description: 'Likes and views of so many hours are held against those of as many before.',
    },
    1,
    336,
  ),
  trendingLikeWeight: amount(
    0.7,
    { flag: '--trending-like-weight', unit: 'weight', description: 'Part of the growth of likes in the velocity.' },
    1_000,
  ),
  trendingViewWeight: amount(
    0.3,
    { flag: '--trending-view-weight', unit: 'weight', description: 'Part of the growth of views in the velocity.' },
    1_000,
  ),
  trendingAgeWeight: amount(
    0.1,
    {
      flag: '--trending-age-weight',
      unit: 'weight per day',
      description: 'The score is the velocity divided by 1 + this × the age in days.',
    },
    1_000,
  ),
  pageQueryParams: setting(
    z.array(z.string().regex(/^[^=&#?\s]{1,64}$/)),
    [],
    {
      flag: '--page-query-params',
      unit: 'names, by comma',
      description: "Query parameters that are part of a page's identity. All others are taken off before storing.",
      expected: 'a list of names of query parameters',
      example: 'id,tab',
    },
    list,
  ),
} as const
