import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const PORTS = { from: 20_000, to: 30_000 };

/**
 * Returns a free TCP port on which a test can start, stop and restart a server. The port is below the
 * ephemeral range, so that the operating system does not use it for an outgoing connection. Until this
 * process ends, no other call of this function returns the same port, in this or any other process.
 */
export async function reserveFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if ((await claim(port)) && (await isFree(port))) return port;
  }
}

/**
 * Reserves a TCP port for this process. The lock that other processes see is the UDP port with the same
 * number, which this function binds because nothing else uses it.
 */
async function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind({ port, address: '127.0.0.1', exclusive: true });
  const claimed = await succeeds(once(socket, 'listening'));
  if (claimed) socket.unref();
  return claimed;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  if (!(await succeeds(once(server, 'listening')))) return false;
  server.close();
  await once(server, 'close');
  return true;
}

function succeeds(event: Promise<unknown>): Promise<boolean> {
  return event.then(
    () => true,
    () => false,
  );
}
