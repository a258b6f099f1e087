import { once } from 'node:events';
import { createGuard } from '@latchkey/guard';
import { type Revocations, revocations } from '@latchkey/guard/revocations';
import { createApp } from './app.ts';
import { createBookRepository } from './books.ts';
import { readKafkaLogin } from './kafka-login.ts';
import { readSettings, type Settings } from './settings.ts';

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

const settings = settingsOrExit();
const { HOST, PORT, ISSUER, AUDIENCE, JWKS_URL } = settings;
const revoked = followRevocations(settings);

function followRevocations({ KAFKA_BROKERS, FEED_KEY, ...latchkey }: Settings): Revocations | undefined {
  const keys = latchkey.JWKS_URL ?? `${latchkey.ISSUER}/.well-known/jwks.json`;
  if (KAFKA_BROKERS !== undefined)
    return revocations({
      kafka: { brokers: KAFKA_BROKERS, ...readKafkaLogin(latchkey), keys, group: 'books', onFatal: fail },
    });
  return FEED_KEY === undefined
    ? undefined
    : revocations({ feed: { url: ISSUER, key: FEED_KEY, onFatal: fail } });
}

const guard = createGuard({
  issuer: ISSUER,
  audience: AUDIENCE,
  ...(JWKS_URL && { jwksUrl: JWKS_URL }),
  ...(revoked && { revocations: revoked }),
});

let isStopping = false;
// The guard responds with 503 until all revocations are known. If they cannot be read, because the feed
// rejects the API key or Kafka rejects the user, the next line reports the error.
revoked?.ready().catch((reason: Error) => {
  if (!isStopping) fail(reason);
});

const server = createApp(guard, createBookRepository()).listen(PORT, HOST, () => {
  console.log(`The books are at http://${HOST}:${addressPort()}/api/v1/books`);
});
server.on('error', fail);

function addressPort(): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : PORT;
}

function fail(reason: Error): never {
  console.error(reason.message);
  return process.exit(1);
}

/** Finishes the requests in progress, and then stops following the events. */
async function stop(): Promise<never> {
  isStopping = true;
  const closed = once(server, 'close');
  // Close each connection soon after the response to its last request.
  server.keepAliveTimeout = 1;
  server.close();
  await closed;
  await revoked?.stop();
  return process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop().catch(fail));
