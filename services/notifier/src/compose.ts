/** Composes the notifier: the only place that picks its adapters. */
import { randomUUID } from 'node:crypto';
import { type Backend, busHealth, createWriteProbe, storeHealth } from '@latchkey/backend';
import type { Subscription, TopicSpec } from '@latchkey/bus';
import { accountsTopic, mailingsTopic } from '@latchkey/events';
import type { Service } from '@latchkey/http';
import { createClockGuard, type Dependency, type Logger, type Registry } from '@latchkey/process';
import { systemClock } from './adapters/clock.system.ts';
import { createDkimSigner } from './adapters/dkim.smtp.ts';
import { createSmtpMailer, type SmtpSettings } from './adapters/mailer.smtp.ts';
import { createOpener } from './adapters/opener.jose.ts';
import { smtpSettingsOf } from './adapters/settings.smtp.ts';
import type { NotifierConfig } from './config.ts';
import { dkimSettingsOf } from './dkim-settings.ts';
import { createIntake } from './intake/intake.ts';
import { createLinks } from './mails/links.ts';
import { createRenderer } from './mails/render.ts';
import { loadTemplates } from './mails/templates.ts';
import { createMetrics } from './metrics.ts';
import type { Clock } from './ports/clock.ts';
import type { Mailer } from './ports/mailer.ts';
import { createDispatcher, type Dispatcher } from './sending/dispatcher.ts';
import { createSender } from './sending/sender.ts';
import { openStorage } from './storage/index.ts';

export interface NotifierDeps {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Overrides the system clock. */
  readonly clock?: Clock;
  /** Overrides `Math.random`. */
  readonly random?: () => number;
  /** Overrides the SMTP mailer that the settings describe. */
  readonly mailer?: Mailer;
}

/** The topics that it reads. */
export const notifierTopics: readonly TopicSpec[] = [accountsTopic, mailingsTopic];

export const CONSUMER_GROUP = 'notifier';

/** @throws Error that names a missing setting */
function mailerSettings(config: NotifierConfig): SmtpSettings {
  const dkim = dkimSettingsOf(config);
  return {
    ...smtpSettingsOf(config, config.PUBLIC_URL),
    ...(dkim && { sign: createDkimSigner(dkim) }),
  };
}

interface Running {
  readonly subscription: Subscription;
  readonly dispatcher: Dispatcher;
  readonly mailer: Mailer;
}

function mailHealth(dispatcher: Dispatcher): Dependency {
  const trouble = dispatcher.trouble();
  if (trouble === undefined) return { name: 'smtp', state: 'ok', needed: false };
  return { name: 'smtp', state: 'degraded', needed: false, detail: trouble };
}

/**
 * Composes the service: it reads both topics as group `notifier`, stores the deliveries and sends the mails. It has no
 * routes. `start` reads settings, keys and templates, and rejects with a message that names the faulty one; a stopped
 * service may start again. Topics, and on a cluster indexes, must exist.
 */
export function compose(config: NotifierConfig, deps: NotifierDeps): Service {
  const { logger, registry, backend, clock = systemClock, random = Math.random } = deps;
  const { clock: guard = createClockGuard() } = backend;
  const checkWrites = createWriteProbe(backend.store);
  const { deliveries, suppressions, reclaim } = openStorage(backend.store);
  const metrics = createMetrics(registry, deliveries, clock.now);
  let running: Running | undefined;

  async function start(): Promise<void> {
    await reclaim();
    const templates = await loadTemplates(config.TEMPLATE_FOLDER);
    const open = await createOpener(config.SEALING_PRIVATE_KEYS);
    const mailer = deps.mailer ?? createSmtpMailer(mailerSettings(config));
    const render = createRenderer({ templates, links: createLinks(config), appName: config.MAIL_FROM_NAME });
    const dispatcher = createDispatcher({
      deliveries,
      trySending: createSender({ open, render, mailer, suppressions, now: clock.now }),
      probe: mailer.probe,
      connections: mailer.connections,
      clock,
      mayExpire: guard.isTrusted,
      random,
      newOwner: randomUUID,
      metrics,
      logger,
      leaseMs: config.MAIL_LEASE_SECONDS * 1000,
    });
    const handle = createIntake({ deliveries, metrics, logger, now: clock.now, onAdded: dispatcher.wake });
    const reading = { topics: notifierTopics.map(({ name }) => name), group: CONSUMER_GROUP, handle };
    const subscription = await backend.bus.subscribe(reading);
    dispatcher.start();
    running = { subscription, dispatcher, mailer };
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { subscription, dispatcher, mailer } = running;
    running = undefined;
    // In parallel, because each may take seconds. Mails that are still taken in are sent by the next process.
    await Promise.all([subscription.close(), dispatcher.stop()]);
    mailer.close();
  }

  async function health(): Promise<readonly Dependency[]> {
    const store = await storeHealth(
      'deliveries',
      () => Promise.all([deliveries.find(''), checkWrites()]),
      'cannot be reached: mails wait',
    );
    if (!running) return [store];
    return [store, busHealth(running.subscription), mailHealth(running.dispatcher)];
  }

  return { name: 'notifier', routes: [], start, stop, health };
}
