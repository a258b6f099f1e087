import { createServer } from 'node:http';
import { memoryStore, subscribe } from '@latchkey/events/subscribe';
import { pino } from 'pino';
import { createEventHandlers } from './event-handlers.ts';
import { readKafkaLogin } from './kafka-login.ts';
import { readSettings, type Settings } from './settings.ts';
import { createTokenCache } from './token-cache.ts';

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

const settings = settingsOrExit();
const { KAFKA_BROKERS, JWKS_URL, KAFKA_GROUP, OPERATIONS_HOST, OPERATIONS_PORT, LOG_LEVEL } = settings;
const logger = pino({ name: 'subscriber', level: LOG_LEVEL }, pino.destination({ sync: true }));
const tokens = createTokenCache(() => Date.now() / 1000);
const stopping = new AbortController();

function fail(reason: unknown): never {
  logger.fatal({ cause: reason instanceof Error ? reason.message : String(reason) }, 'cannot go on');
  return process.exit(1);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

const subscription = await subscribe({
  brokers: KAFKA_BROKERS,
  ...readKafkaLogin(settings),
  keys: JWKS_URL,
  group: KAFKA_GROUP,
  // Keep positions only in memory: when the process ends, the token cache is lost as well, so all events must be read
  // again. Greeting somebody twice is harmless.
  store: memoryStore(),
  handlers: createEventHandlers({ tokens, logger }),
  logger,
  onFatal: fail,
  signal: stopping.signal,
}).catch((error: unknown) => (stopping.signal.aborted ? process.exit(0) : fail(error)));

/** Responds with 200 while the program can read events, otherwise with 503. */
createServer((_request, response) => response.writeHead(subscription.healthy() ? 200 : 503).end())
  .on('error', fail)
  .listen(OPERATIONS_PORT, OPERATIONS_HOST);

stopping.signal.addEventListener('abort', () => {
  logger.info('stopping');
  subscription.stop().then(() => process.exit(0), fail);
});

if (stopping.signal.aborted) await subscription.stop();
else logger.info({ group: KAFKA_GROUP }, 'listening to what happens to accounts');
