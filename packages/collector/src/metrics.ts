// GET /metrics: what an operator watches, in Prometheus' text format. Labels are words of this program, never of a sender.
import { createHash, timingSafeEqual } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { Refusal } from './errors'
import type { JobState } from './job-lease'

const LOOP_RESOLUTION_MS = 10
const NANOSECONDS = 1e9
const quantiles = [50, 99, 100] as const

/** One committed group. */
interface Written {
  rows: number
  durationMs: number
  tallies: readonly { outcome: string; reason: string; count: number }[]
}

export interface MetricsDeps {
  /** Whoever scrapes must send it as a bearer token; without one everybody may read. */
  metricsToken: string | undefined
  backlog: () => { rows: number; bytes: number; oldestMs: number }
  /** In milliseconds since 1970. */
  lastCommitAt: () => number | undefined
  /** Jobs as last seen. */
  jobs: () => readonly JobState[]
  /** Days after today that have a partition, as last seen. */
  partitionsAheadDays: () => number | undefined
}

/** Counts from the moment it is made; {@link Metrics.registerRoute} shows the counts. */
export interface Metrics {
  countWritten(written: Written): void
  /** A group is written again; by what the database's error means. */
  countRetry(errorClass: string): void
  /** A run of a job failed on this collector. */
  countJobFailure(job: string): void
  /** A day was closed; `difference` events of its live counters were off. */
  countClosedDay(closed: { difference: number }): void
  registerRoute(app: FastifyInstance, deps: MetricsDeps): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const events = new Counter({
    name: 'sightline_events_total',
    help: 'Events by what became of them: tracked, duplicate, dropped, refused, or lost in the browser.',
    labelNames: ['outcome', 'reason'],
    registers,
  })
  const commitRows = new Histogram({
    name: 'sightline_commit_rows',
    help: 'Rows stored by one transaction.',
    buckets: [1, 10, 50, 100, 250, 500, 1_000, 2_000],
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'sightline_commit_seconds',
    help: 'Time of one transaction, from its first statement to the answer of COMMIT.',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const retries = new Counter({
    name: 'sightline_commit_retries_total',
    help: 'Transactions that were tried again, by the kind of error.',
    labelNames: ['error'],
    registers,
  })

  const closedDays = new Counter({
    name: 'sightline_days_closed_total',
    help: 'Days that were counted from their events, also again after late ones.',
    registers,
  })
  const differences = new Counter({
    name: 'sightline_day_difference_events_total',
    help: 'Events by which live counters were off when their day was closed. Anything but 0 is worth a look.',
    registers,
  })

  const jobFailures = new Counter({
    name: 'sightline_job_failures_total',
    help: 'Runs of jobs that failed on this collector.',
    labelNames: ['job'],
    registers,
  })

  return {
    countClosedDay({ difference }) {
      closedDays.inc()
      differences.inc(difference)
    },
    countWritten({ rows, durationMs, tallies }) {
      if (durationMs > 0) {
        commitRows.observe(rows)
        commitSeconds.observe(durationMs / 1_000)
      }
      for (const { outcome, reason, count } of tallies) if (count > 0) events.inc({ outcome, reason }, count)
    },
    countRetry: (error) => retries.inc({ error }),
    countJobFailure: (job) => jobFailures.inc({ job }),
    registerRoute(app, deps) {
      const loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
      loopDelay.enable()
      app.addHook('onClose', async () => void loopDelay.disable())

      const show = (name: string, help: string, read: () => number | undefined) => {
        const gauge = new Gauge({
          name,
          help,
          registers,
          collect() {
            const value = read()
            if (value === undefined) gauge.remove()
            else gauge.set(value)
          },
        })
      }
      show('sightline_queue_rows', 'Rows that are taken and not yet answered.', () => deps.backlog().rows)
      show('sightline_queue_bytes', 'Bytes of the request bodies that they came in.', () => deps.backlog().bytes)
      show(
        'sightline_queue_oldest_seconds',
        'Time that the oldest request waits for its commit.',
        () => deps.backlog().oldestMs / 1_000,
      )
      show('sightline_last_commit_timestamp_seconds', 'When the last group was committed.', () => {
        const at = deps.lastCommitAt()
        return at === undefined ? undefined : at / 1_000
      })
      show(
        'sightline_partitions_ahead_days',
        'Days after today that have a partition. Below 3 the job that makes them stands still.',
        deps.partitionsAheadDays,
      )
      const showJobs = (name: string, help: string, read: (job: JobState) => number | undefined) => {
        const gauge = new Gauge({
          name,
          help,
          labelNames: ['job'],
          registers,
          collect() {
            for (const job of deps.jobs()) {
              const value = read(job)
              if (value !== undefined) gauge.set({ job: job.name }, value)
            }
          },
        })
      }
      showJobs('sightline_job_lag_seconds', 'How long the next success of a job is overdue.', ({ lagMs }) =>
        lagMs === null ? undefined : lagMs / 1_000,
      )
      showJobs('sightline_job_last_success_timestamp_seconds', 'When a job succeeded last.', ({ finishedAt }) =>
        finishedAt === null ? undefined : finishedAt.getTime() / 1_000,
      )
      showJobs('sightline_job_failing', 'Whether the last run of a job failed.', ({ lastError }) =>
        lastError === null ? 0 : 1,
      )
      show('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss())
      show('process_cpu_seconds_total', 'CPU time of the process.', () => {
        const { user, system } = process.cpuUsage()
        return (user + system) / 1e6
      })
      const delay = new Gauge({
        name: 'sightline_event_loop_delay_seconds',
        help: 'How late timers were since the last look, by quantile.',
        labelNames: ['quantile'],
        registers,
        collect() {
          for (const percent of quantiles) {
            delay.set(
              { quantile: percent / 100 },
              loopDelay.count === 0 ? 0 : lateSeconds(loopDelay.percentile(percent)),
            )
          }
          loopDelay.reset()
        },
      })

      app.get('/metrics', async (request, reply) => {
        checkToken(request.headers.authorization, deps.metricsToken)
        return reply
          .header('cache-control', 'no-store')
          .type(registry.contentType)
          .send(await registry.metrics())
      })
    },
  }
}

/** The sampler counts its own interval as delay. */
function lateSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - LOOP_RESOLUTION_MS / 1_000)
}

/** Equally long, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function checkToken(authorization: string | undefined, wanted: string | undefined): void {
  if (wanted === undefined) return
  if (authorization === undefined) throw new Refusal('token_missing')
  if (!timingSafeEqual(digest(authorization), digest(`Bearer ${wanted}`))) throw new Refusal('token_invalid')
}
