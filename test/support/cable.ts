/** A proxy to a server that can be cut. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

export interface Cable {
  /** `host:port` to connect to. */
  readonly address: string;
  /** Accepts connections from now on. */
  mend(): Promise<void>;
  /** Closes all connections and accepts no more. Idempotent. */
  cut(): Promise<void>;
}

/** Creates a proxy to `host:port`. It is cut at first. */
export async function cableTo(far: string): Promise<Cable> {
  const [host = '127.0.0.1', farPort] = far.split(':');
  const port = await freePort();
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const away = connect(Number(farPort), host);
    for (const end of [near, away]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        near.destroy();
        away.destroy();
      });
    }
    near.pipe(away).pipe(near);
  });
  return {
    address: `127.0.0.1:${port}`,
    mend: async () => {
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
