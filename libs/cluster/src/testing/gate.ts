/** A way to a server that can be shut, as if the server were away. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Gate {
  /** On 127.0.0.1, also while it is shut. */
  readonly port: number;
  open(): Promise<void>;
  /** Ends all connections and takes no more. */
  shut(): Promise<void>;
}

/** @param address `host:port`. It begins shut. */
export async function gateTo(address: string): Promise<Gate> {
  const [host = '', farPort] = address.split(':');
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

  let port = 0;
  async function open(): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (typeof bound === 'object' && bound !== null) port = bound.port;
  }
  async function shut(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await open();
  await shut();
  return { port, open, shut };
}
