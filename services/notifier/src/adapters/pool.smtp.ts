/** A pool of connections to the mail server, limited to the number that the server is believed to allow. */
import type { MailSendResult, MailServerProbeResult } from '../delivery/attempt.ts';
import type { SendMailOptions } from '../ports/mailer.ts';
import {
  createConnectionLimit,
  lowerConnectionLimit,
  raiseConnectionLimit,
} from '../sending/connection-limit.ts';
import { openSmtpConnection, type SmtpConnection, type SmtpServerSettings } from './connection.smtp.ts';
import type { RefusedLoginMechanisms } from './login.smtp.ts';

export interface ConnectionPoolSettings extends SmtpServerSettings {
  /** The maximum number of concurrent connections to the mail server. */
  readonly connections: number;
}

export interface ConnectionPool {
  /**
   * Returns an idle connection or opens a new one. If all allowed connections are in use, waits until one is
   * free.
   * @returns undefined if no connection became free before `signal` or `stopping` was aborted or the pool was
   * closed
   * @throws SmtpFailure
   */
  acquire(options: Pick<SendMailOptions, 'signal' | 'stopping'>): Promise<SmtpConnection | undefined>;
  /** Returns a connection to the pool. The connection may have been closed meanwhile. */
  release(connection: SmtpConnection): void;
  /**
   * Adapts the allowed number of connections to the result of a mail or probe.
   * @param startedAt when the mail or probe was begun, in ms of `performance.now()`
   */
  learn(result: MailSendResult | MailServerProbeResult, startedAt: number): void;
  /** Closes all idle connections of the pool. */
  closeIdle(): void;
  /** Returns how many connections the mail server is believed to allow. */
  limit(): number;
  /** Closes the pool: idle connections now, and connections in use when they are released. */
  close(): void;
}

/** How many mails are sent over a connection before it is replaced, because many servers limit this number. */
const MAILS_PER_CONNECTION = 200;
/**
 * How long a connection may be idle before it is closed, in ms. Firewalls may drop connections that are idle
 * for longer.
 */
const IDLE_MS = 30_000;

export function createConnectionPool(settings: ConnectionPoolSettings): ConnectionPool {
  /**
   * The idle connections, each with the timer that will close it. The most recently used connection is last.
   */
  const idle = new Map<SmtpConnection, NodeJS.Timeout>();
  /** The connections to the mail server that are idle or in use. */
  const usable = new Set<SmtpConnection>();
  /** The connections that are being closed. No mail uses them, but the server still counts them. */
  const ending = new Set<SmtpConnection>();
  const waiting = new Set<() => void>();
  const closing = new AbortController();
  const refused: RefusedLoginMechanisms = new Set();
  let connecting = 0;
  let limit = createConnectionLimit(settings.connections);

  /** Returns how many connections the mail server may regard as open. */
  function count(): number {
    return usable.size + ending.size + connecting;
  }

  /** Returns whether more connections are usable than allowed. */
  function hasSurplus(): boolean {
    return usable.size + connecting > limit.now;
  }

  function wakeNext(): void {
    const [next] = waiting;
    if (next !== undefined && (idle.size > 0 || count() < limit.now || closing.signal.aborted)) next();
  }

  async function openTracked(signal: AbortSignal): Promise<SmtpConnection> {
    connecting += 1;
    try {
      const connection = await openSmtpConnection(settings, {
        signal: AbortSignal.any([signal, closing.signal]),
        refused,
      });
      usable.add(connection);
      connection.onClose(() => {
        withdraw(connection);
        ending.delete(connection);
        wakeNext();
      });
      return connection;
    } finally {
      connecting -= 1;
      wakeNext();
    }
  }

  function withdraw(connection: SmtpConnection): void {
    clearTimeout(idle.get(connection));
    idle.delete(connection);
    if (usable.delete(connection)) ending.add(connection);
  }

  function retire(connection: SmtpConnection): void {
    withdraw(connection);
    if (connection.isOpen()) connection.quit();
  }

  function takeIdle(): SmtpConnection | undefined {
    const connection = [...idle.keys()].at(-1);
    if (connection === undefined) return undefined;
    clearTimeout(idle.get(connection));
    idle.delete(connection);
    return connection;
  }

  /** Waits until a connection may have become free, or until `signal` is aborted. */
  function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    function go(): void {
      waiting.delete(go);
      signal.removeEventListener('abort', go);
      resolve();
    }
    waiting.add(go);
    signal.addEventListener('abort', go, { once: true });
    return promise;
  }

  function closeIdle(): void {
    for (const connection of [...idle.keys()]) retire(connection);
  }

  /**
   * Closes idle connections while more connections are usable than allowed. Surplus connections that are in
   * use are closed when they are released.
   */
  function closeSurplus(): void {
    for (const connection of [...idle.keys()]) if (hasSurplus()) retire(connection);
  }

  return {
    async acquire({ signal, stopping }) {
      while (!signal.aborted && !closing.signal.aborted) {
        const connection = takeIdle();
        if (connection?.isOpen()) return connection;
        if (connection !== undefined) withdraw(connection);
        else if (count() < limit.now) return openTracked(signal);
        else if (stopping.aborted) break;
        else await turn(AbortSignal.any([signal, stopping]));
      }
      wakeNext();
      return undefined;
    },

    release(connection) {
      const isSpent = connection.mails() >= MAILS_PER_CONNECTION;
      if (!connection.isOpen() || isSpent || hasSurplus() || closing.signal.aborted) retire(connection);
      else idle.set(connection, setTimeout(() => retire(connection), IDLE_MS).unref());
      wakeNext();
    },

    learn(result, startedAt) {
      const now = performance.now();
      if (result.kind === 'accepted') limit = raiseConnectionLimit(limit, now);
      if (result.kind === 'busy') limit = lowerConnectionLimit(limit, { open: count(), startedAt, now });
      closeSurplus();
      wakeNext();
    },

    closeIdle,
    limit: () => limit.now,
    close() {
      closing.abort();
      closeIdle();
      for (const go of [...waiting]) go();
    },
  };
}
