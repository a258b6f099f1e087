/**
 * Records security events in the background, so that requests neither wait for the recording nor fail because
 * of it. Events are queued in memory. A crash loses the queued events, and once the queue is full, further
 * events are dropped.
 */
import type { SecurityEvent } from '@latchkey/events';
import type { Logger, ProcessPart } from '@latchkey/process';
import { createLoopWakeup } from '@latchkey/process/loop';
import { findAddressOwnerId } from '../addresses/owners.ts';
import { runBestEffort } from '../best-effort.ts';
import { createRepeatedJob } from '../job.ts';
import type { AuditSink, SecurityEventReport } from '../ports/audit.ts';
import type { AuditEntry, AuditLog } from '../ports/audit-log.ts';
import type { Journal } from '../ports/journal.ts';
import { type IpRedaction, toClientDetails } from './client.ts';
import { toAuditEntry } from './entry.ts';
import type { AuditMetrics } from './metrics.ts';
import { createRepeatDetector } from './repeats.ts';

/** The maximum number of security events to keep in memory while the store is slow or unavailable. */
const MAX_QUEUED = 10_000;
/** The maximum number of security events to keep in the outbox while Kafka is unavailable. */
const MAX_BACKLOG = 100_000;
const WRITTEN_AT_ONCE = 500;
const RETRY_MS = 1000;
/** How long to collect security events before they are written together, in ms. */
const GATHER_MS = 150;

export interface AuditRecorderDeps {
  readonly auditLog: Pick<AuditLog, 'add' | 'backlog'>;
  readonly journal: Journal;
  readonly ip: IpRedaction;
  readonly metrics: Pick<AuditMetrics, 'recorded' | 'dropped'>;
  readonly logger: Logger;
  now(): Date;
  newId(): string;
  /** Called after security events were written to the outbox. */
  written(): void;
  readonly maxQueued?: number;
  readonly maxBacklog?: number;
  /** Returns the time of a monotonic clock in ms. Default: the clock of this process. */
  monotonic?(): number;
}

interface Queued {
  readonly event: SecurityEvent;
  readonly address?: string | undefined;
}

export interface AuditRecorder extends AuditSink, ProcessPart {
  /**
   * Writes the security events that were recorded before the call.
   * @throws StoreUnavailable; the events are then written later
   */
  flush(): Promise<void>;
}

/** Creates the recorder of security events. While it runs, it writes the queued events to the outbox. */
export function createAuditRecorder(deps: AuditRecorderDeps): AuditRecorder {
  const { auditLog, metrics, logger, maxQueued = MAX_QUEUED, maxBacklog = MAX_BACKLOG } = deps;
  const { monotonic = () => performance.now() } = deps;
  const isRepeated = createRepeatDetector(monotonic);
  const queue: Queued[] = [];
  const wakeup = createLoopWakeup();
  let writing: Promise<boolean> | undefined;

  function record(report: SecurityEventReport): void {
    const { occurrence, address, onceAMinuteFor } = report;
    if (onceAMinuteFor !== undefined && isRepeated(`${occurrence.type} ${onceAMinuteFor}`)) return;
    if (queue.length >= maxQueued) {
      metrics.dropped('queue', 1);
      return;
    }
    queue.push({ event: eventOf(report), address });
    wakeup.wake();
  }

  function eventOf({ origin, occurrence: { type, data } }: SecurityEventReport): SecurityEvent {
    const person = origin && toClientDetails(origin, deps.ip);
    // The cast is needed because the compiler does not see that `data` has the type that belongs to `type`.
    return {
      id: deps.newId(),
      time: deps.now().toISOString(),
      correlationId: origin?.correlationId ?? deps.newId(),
      type,
      data: { ...data, ...(person && { person }) },
    } as SecurityEvent;
  }

  /**
   * Writes the oldest security events in the queue.
   * @returns whether more events are queued
   * @throws StoreUnavailable; the events then stay in the queue
   */
  async function writeSome(): Promise<boolean> {
    const batch = queue.slice(0, WRITTEN_AT_ONCE);
    if (batch.length === 0) return false;
    const events = await Promise.all(batch.map((queued) => aboutOwner(deps, queued)));
    if ((await auditLog.backlog(maxBacklog)) >= maxBacklog) {
      metrics.dropped('outbox', batch.length);
    } else {
      await auditLog.add(events.flatMap(encoded));
      for (const { type } of events) metrics.recorded(type);
      deps.written();
    }
    queue.splice(0, batch.length);
    return queue.length > 0;
  }

  /** Runs `writeSome`. Concurrent callers share one run, so that no event is written twice. */
  function writeNext(): Promise<boolean> {
    writing ??= writeSome().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  async function flush(): Promise<void> {
    for (let left = queue.length; left > 0; left -= WRITTEN_AT_ONCE) await writeNext();
  }

  /**
   * Encodes a security event. An invalid event is caused by a bug. It is logged and dropped, so that the
   * other events of the batch are written.
   */
  function encoded(event: SecurityEvent): readonly AuditEntry[] {
    try {
      return [toAuditEntry(event)];
    } catch (error) {
      metrics.dropped('invalid', 1);
      logger.error({ err: error, type: event.type }, 'a security event is invalid');
      return [];
    }
  }

  async function writeAll(): Promise<void> {
    while (await writeNext());
  }

  const job = createRepeatedJob({
    name: 'audit',
    everyMs: RETRY_MS,
    logger,
    wakeup,
    gatherMs: GATHER_MS,
    run: writeNext,
  });
  return {
    ...job,
    record,
    flush,
    stop: async () => {
      await job.stop();
      await runBestEffort(writeAll);
      metrics.dropped('queue', queue.length);
    },
  };
}

/**
 * Adds an account id to a security event: the id of the account that owns the address. The owner is looked up
 * here, in the background. If the sign-in looked it up, the response time would reveal whether the address
 * has an owner.
 */
async function aboutOwner(
  deps: Pick<AuditRecorderDeps, 'journal'>,
  { event, address }: Queued,
): Promise<SecurityEvent> {
  const accountId = address === undefined ? undefined : await findAddressOwnerId(deps, address);
  if (accountId === undefined) return event;
  return { ...event, data: { ...event.data, accountId } } as SecurityEvent;
}
