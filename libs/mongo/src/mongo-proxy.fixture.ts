import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface MongoProxy {
  /** The connection string of the proxy. */
  readonly url: string;
  /**
   * Closes all connections. New connections are closed as soon as they are opened, until `mend` is called.
   */
  cut(): void;
  mend(): void;
  /**
   * Holds back the response to the next request that contains this word. Resolves once the request was sent.
   * @returns a function that delivers the response
   */
  holdNext(word: string): Promise<() => void>;
}

/**
 * Creates a TCP proxy to the first server of a connection string. The proxy closes every connection until
 * `mend` is called; after `mend`, it forwards connections until `cut` is called. Its port stays open all the
 * time, because another process could take the port otherwise. The proxy does not keep the process alive.
 */
export async function createMongoProxy(url: string): Promise<MongoProxy> {
  const { host, port, through } = parts(url);
  const sockets = new Set<Socket>();
  let held: { readonly word: string; sent(letGo: () => void): void } | undefined;

  let isCut = true;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const far = connect(port, host);
    let answersFrom = Promise.resolve();
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
      if (held === undefined || !request.includes(held.word)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      answersFrom = promise;
      held.sent(resolve);
      held = undefined;
    });
    const answers = new Transform({
      transform: (chunk, _encoding, done) => {
        void answersFrom.then(() => done(null, chunk));
      },
    });
    socket.pipe(far).pipe(answers).pipe(socket);
  });

  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The proxy has no port.');
  const { port: own } = address;
  function mend() {
    isCut = false;
  }
  function cut() {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  }
  function holdNext(word: string) {
    const { promise, resolve } = Promise.withResolvers<() => void>();
    held = { word, sent: resolve };
    return promise;
  }
  return { url: through(own), cut, mend, holdNext };
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
