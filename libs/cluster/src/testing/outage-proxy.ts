/** A TCP proxy to a server. The proxy can be closed to simulate an outage of the server. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { reserveFreePort } from '@latchkey/process/testing/free-port';

export interface OutageProxy {
  /** The port on 127.0.0.1. It stays the same while the proxy is closed. */
  readonly port: number;
  open(): Promise<void>;
  /** Closes all connections and accepts no new ones. */
  shut(): Promise<void>;
}

/** Creates a closed proxy. @param address `host:port` */
export async function createOutageProxy(address: string): Promise<OutageProxy> {
  const [host = '', farPort] = address.split(':');
  const port = await reserveFreePort();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(farPort), host);
    for (const end of [near, far]) {
      sockets.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        sockets.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });

  async function open(): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }
  async function shut(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  return { port, open, shut };
}
