import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const PORTS = { from: 20_000, to: 30_000 };

/**
 * Returns a free port below the ephemeral range, so that the operating system does not give it to an outgoing
 * connection.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer().listen(port, '127.0.0.1');
    const listening = await once(server, 'listening').catch(() => undefined);
    if (listening === undefined) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
