/** A proxy to a server that can be cut. What it forwards is up to its user. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

export interface Cable {
  readonly port: number;
  /** `host:port` to connect to. */
  readonly address: string;
  /** Accepts connections from now on. Idempotent. */
  mend(): Promise<void>;
  /** Closes all connections and accepts no more. Idempotent. */
  cut(): Promise<void>;
}

/** Forwards between the two ends of a connection. If one of them closes, the other is closed, too. */
export type Forward = (near: Socket, away: Socket) => void;

function forwardAll(near: Socket, away: Socket): void {
  near.pipe(away).pipe(near);
}

/** Creates a proxy to `host:port`. It is cut at first. */
export async function cableTo(far: string, forward: Forward = forwardAll): Promise<Cable> {
  const [host = '127.0.0.1', farPort] = far.split(':');
  const port = await freePort();
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
