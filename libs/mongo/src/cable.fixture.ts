import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface Cable {
  /** The connection string of the proxy. */
  readonly url: string;
  /** Closes all connections, and accepts no more. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Delays the response to the next request that contains this word, in ms, as a busy server would. */
  delayNext(word: string, ms: number): void;
}

/** A TCP proxy to the first server of a connection string, which can be cut. It is cut at first. */
export async function cableTo(url: string): Promise<Cable> {
  const { host, port, through } = parts(url);
  const sockets = new Set<Socket>();
  let slow: { readonly word: string; readonly ms: number } | undefined;

  const server = createServer((socket) => {
    const far = connect(port, host);
    let answersFrom = 0;
    for (const end of [socket, far]) {
      sockets.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        sockets.delete(end);
        socket.destroy();
        far.destroy();
      });
    }
    socket.on('data', (request: Buffer) => {
      if (slow === undefined || !request.includes(slow.word)) return;
      answersFrom = performance.now() + slow.ms;
      slow = undefined;
    });
    const answers = new Transform({
      transform: (chunk, _encoding, done) => {
        setTimeout(() => done(null, chunk), answersFrom - performance.now());
      },
    });
    socket.pipe(far).pipe(answers).pipe(socket);
  });

  let own = 0;
  function mend() {
    return new Promise<void>((resolve) => {
      server.listen(own, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address === 'object' && address) own = address.port;
        resolve();
      });
    });
  }
  function cut() {
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  }

  await mend();
  await cut();
  function delayNext(word: string, ms: number) {
    slow = { word, ms };
  }
  return { url: through(own), cut, mend, delayNext };
}

function parts(url: string) {
  const [, scheme = '', hosts = '', rest = ''] = /^(mongodb:\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/.exec(url) ?? [];
  const [first = ''] = hosts.split(',');
  const [host = '', port = '27017'] = first.split(':');
  const { pathname, searchParams } = new URL(rest || '/', 'http://path');
  searchParams.delete('replicaSet');
  searchParams.set('directConnection', 'true');
  return {
    host,
    port: Number(port),
    through: (own: number) => `${scheme}127.0.0.1:${own}${pathname}?${searchParams}`,
  };
}
