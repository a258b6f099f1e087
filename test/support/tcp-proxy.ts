/** A TCP proxy whose connections a test can cut. The caller decides how bytes are forwarded. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { reserveFreePort } from '@latchkey/process/testing/free-port';

export interface TcpProxy {
  readonly port: number;
  /** The address at which the proxy listens, as `host:port`. */
  readonly address: string;
  /** Makes the proxy accept connections again. Idempotent. */
  mend(): Promise<void>;
  /** Closes all connections and makes the proxy refuse new ones. Idempotent. */
  cut(): Promise<void>;
}

/** Forwards bytes in both directions between two sockets. If one socket is closed, closes the other one. */
export type ForwardSockets = (near: Socket, away: Socket) => void;

function forwardAll(near: Socket, away: Socket): void {
  near.pipe(away).pipe(near);
}

/** Creates a proxy to the server at `host:port`. The proxy accepts no connections until `mend` is called. */
export async function createTcpProxy(far: string, forward: ForwardSockets = forwardAll): Promise<TcpProxy> {
  const [host = '127.0.0.1', farPort] = far.split(':');
  const port = await reserveFreePort();
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const away = connect(Number(farPort), host);
    for (const end of [near, away]) {
      end.setNoDelay(true);
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        near.destroy();
        away.destroy();
      });
    }
    forward(near, away);
  });
  return {
    port,
    address: `127.0.0.1:${port}`,
    mend: async () => {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    cut: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
