/** Sends the events of accounts to webhook endpoints while it runs. */
import { randomUUID } from 'node:crypto';
import type { Bus } from '@latchkey/bus';
import type { SelectGenuineRecords } from '@latchkey/feed';
import {
  computeSecretFingerprint,
  DAY_MS,
  type DependencyHealth,
  type Logger,
  type Registry,
  type SecretKeys,
} from '@latchkey/process';
import { runLoop, sleep } from '@latchkey/process/loop';
import { type ConfiguredKeys, createLeases } from '@latchkey/store';
import { getSigningSecrets, type WebhookEndpoint } from './endpoint.ts';
import { createEventReader } from './log-reader.ts';
import { createWebhookMetrics, isPausedBecauseOfFailures } from './metrics.ts';
import type { WebhookStorage } from './ports.ts';
import { createWebhookHttpClient } from './post.ts';
import { type DeliveryRoundReport, runDeliveryRound } from './round.ts';
import type { SecretSealer } from './seal.ts';
import { findUnreadableSecrets, sealOutdatedSecrets } from './seal-stored.ts';

/** How often to check for endpoints that were added, resumed or changed, in ms. */
const POLL_MS = 1000;
const LEASE_MS = 20_000;
const RENEW_LEASE_MS = LEASE_MS / 4;

export interface WebhookDispatcherDeps {
  readonly storage: WebhookStorage;
  readonly bus: Pick<Bus, 'tail'>;
  /** Selects the records that auth has published. Only these records are sent to endpoints. */
  readonly genuine: SelectGenuineRecords;
  readonly sealer: SecretSealer;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly settings: WebhookConfig;
  now(): Date;
  /**
   * Returns whether endpoints may currently be paused because their deliveries have failed for long. Default:
   * always true.
   */
  mayPause?(): boolean;
}

export interface WebhookConfig {
  readonly WEBHOOKS_ALLOW_PRIVATE: boolean;
  readonly WEBHOOKS_PAUSE_AFTER_DAYS: number;
  readonly WEBHOOK_SECRET_KEY?: SecretKeys | undefined;
}

export interface WebhookDispatcher {
  /**
   * Starts sending events to endpoints.
   * @throws Error with a one-line message if WEBHOOK_SECRET_KEY does not decrypt the secret of an endpoint
   */
  start(): Promise<void>;
  /**
   * Stops sending events to endpoints. Aborts the requests in flight; their events are sent again after the
   * next start.
   */
  stop(): Promise<void>;
  health(): Promise<readonly DependencyHealth[]>;
}

export function createWebhookDispatcher({
  storage,
  bus,
  genuine,
  sealer,
  logger,
  registry,
  settings,
  now,
  mayPause = () => true,
}: WebhookDispatcherDeps): WebhookDispatcher {
  const { endpoints } = storage;
  const holder = randomUUID();
  const leases = createLeases(storage.leases);
  const reader = createEventReader(bus, genuine);
  const metrics = createWebhookMetrics(registry, endpoints.list, async (all) => {
    const unreadable = await Promise.all(all.map((endpoint) => findUnreadableSecrets(endpoint, sealer)));
    return unreadable.flat().length;
  });
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  function take(name: string): Promise<boolean> {
    return leases.take({ name, holder, now: now(), ms: LEASE_MS });
  }

  function startRunning(signal: AbortSignal): Promise<void> {
    const poster = createWebhookHttpClient({ allowPrivate: settings.WEBHOOKS_ALLOW_PRIVATE });
    const senders = new Map<string, Promise<void>>();
    /**
     * The ids of endpoints whose secret cannot be decrypted. For each of them, the error is logged only once.
     */
    const unsigned = new Set<string>();

    /**
     * Sends events to one endpoint until it is paused or removed, or until another process takes over its
     * lease.
     */
    async function sendTo(id: string): Promise<void> {
      if (!(await take(id))) return;
      const ending = new AbortController();
      const ended = AbortSignal.any([signal, ending.signal]);
      const renewing = runLoop(
        {
          every: RENEW_LEASE_MS,
          signal: ended,
          onFailure: (err, failures) => {
            if (failures === 1)
              logger.warn({ err, endpoint: id }, 'the lease of a webhook cannot be renewed');
          },
        },
        async () => {
          if (!(await take(id))) ending.abort();
          return false;
        },
      );
      try {
        while (!ended.aborted) {
          const report = await runDeliveryRound(id, roundDeps(ended));
          reportRound(id, report);
          if (report.endpoint === undefined || report.endpoint.paused !== undefined) break;
          if (!report.isBusy) await waitForMore(report, ended);
        }
      } finally {
        ending.abort();
        await renewing;
        metrics.behind(id, undefined);
        await leases.release(id, holder);
      }
    }

    function roundDeps(ended: AbortSignal) {
      return {
        storage,
        reader,
        poster,
        sealer,
        pauseAfterMs: mayPause() ? settings.WEBHOOKS_PAUSE_AFTER_DAYS * DAY_MS : Number.POSITIVE_INFINITY,
        now,
        random: Math.random,
        signal: ended,
      };
    }

    function start(id: string): void {
      const sender = sendTo(id)
        .catch((err: unknown) => logger.warn({ err, endpoint: id }, 'a webhook cannot be sent at the moment'))
        .finally(() => senders.delete(id));
      senders.set(id, sender);
    }

    /**
     * Returns whether this process can decrypt the secrets with which the requests to an endpoint are signed.
     * If not, another process that has the right key must send the events to the endpoint.
     */
    async function canSign(endpoint: WebhookEndpoint): Promise<boolean> {
      const { id } = endpoint;
      const valid = new Set(getSigningSecrets(endpoint, now()));
      const unreadable = await findUnreadableSecrets(endpoint, sealer);
      if (!unreadable.some(({ secret }) => valid.has(secret))) {
        unsigned.delete(id);
        return true;
      }
      if (!unsigned.has(id))
        logger.error(
          { endpoint: id },
          'WEBHOOK_SECRET_KEY does not open the secret of a webhook: see /readyz',
        );
      unsigned.add(id);
      return false;
    }

    async function startMissing(): Promise<boolean> {
      for (const endpoint of await endpoints.list()) {
        const { id, paused } = endpoint;
        if (paused === undefined && !senders.has(id) && (await canSign(endpoint))) start(id);
      }
      return false;
    }

    const polling = runLoop(
      {
        every: POLL_MS,
        signal,
        onFailure: (err, failures) => {
          if (failures === 1) logger.warn({ err }, 'the endpoints of webhooks cannot be read');
        },
      },
      startMissing,
    );
    return polling.then(() => Promise.all(senders.values())).then(poster.close);
  }

  async function waitForMore({ page, nextDue }: DeliveryRoundReport, ended: AbortSignal): Promise<void> {
    const untilDue = nextDue === undefined ? POLL_MS : nextDue.getTime() - now().getTime();
    const ms = Math.max(0, Math.min(untilDue, POLL_MS));
    if (page === undefined) return sleep(ms, ended);
    return page.waitForMore(AbortSignal.any([ended, AbortSignal.timeout(ms)]));
  }

  function reportRound(id: string, { delivered, failed, paused, endpoint, page }: DeliveryRoundReport): void {
    metrics.attempts({ delivered, failed });
    if (page !== undefined) metrics.behind(id, page.behind);
    const failing = endpoint?.delivery.failing;
    if (paused !== undefined)
      logger.error({ endpoint: id, reason: paused }, 'a webhook is paused: see `ops webhooks attempts`');
    else if (failed > 0 && failing !== undefined && failing.count <= failed)
      logger.warn(
        { endpoint: id, reason: failing.reason },
        'requests to a webhook fail: see `ops webhooks attempts`',
      );
  }

  return {
    async start() {
      stopping = new AbortController();
      await storage.voidLeases();
      await sealOutdatedSecrets(endpoints, sealer);
      // First encrypt all secrets with the current key, and then record the keys: once a process has recorded
      // the current key, `ops keys retire` may remove the earlier keys.
      await storage.keyFingerprints.check(configuredKeysOf(settings), now());
      running = startRunning(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    health: () => healthOf(endpoints, sealer),
  };
}

/**
 * Returns the fingerprints of this process's keys, for the store, which records when each key was first used.
 * `needed` is false, because the service may start even if a key is missing.
 */
function configuredKeysOf({
  WEBHOOK_SECRET_KEY: keys,
}: Pick<WebhookConfig, 'WEBHOOK_SECRET_KEY'>): Readonly<Record<string, ConfiguredKeys>> {
  if (keys === undefined) return {};
  const fingerprints = keys.map(({ bytes }) => computeSecretFingerprint('WEBHOOK_SECRET_KEY', bytes));
  return { WEBHOOK_SECRET_KEY: { keys: fingerprints, needed: false } };
}

async function healthOf(
  { list }: Pick<WebhookStorage['endpoints'], 'list'>,
  sealer: SecretSealer,
): Promise<readonly DependencyHealth[]> {
  try {
    const faults = await faultsOf(await list(), sealer);
    if (faults.length === 0) return [{ name: 'webhooks', state: 'ok', needed: false }];
    return [{ name: 'webhooks', state: 'degraded', needed: false, detail: faults.join('; ') }];
  } catch {
    // Report nothing here if the store is down, because the health of the service already reports this.
    return [];
  }
}

async function faultsOf(all: readonly WebhookEndpoint[], sealer: SecretSealer): Promise<readonly string[]> {
  const paused = all.filter(isPausedBecauseOfFailures).map(({ id }) => id);
  const unreadable: string[] = [];
  for (const endpoint of all)
    if ((await findUnreadableSecrets(endpoint, sealer)).length > 0) unreadable.push(endpoint.id);
  return [
    ...(paused.length > 0
      ? [`${paused.join(', ')} paused because of failures: see \`ops webhooks list\``]
      : []),
    ...(unreadable.length > 0
      ? [
          `WEBHOOK_SECRET_KEY does not open the secrets of ${unreadable.join(', ')}: add the key that encrypted them and restart; if it is lost, remove these webhooks and add them again`,
        ]
      : []),
  ];
}
