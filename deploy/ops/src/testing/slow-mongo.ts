/** A way to MongoDB on which an answer takes its time, as where there is much to do. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** @returns the URL that leads through it: the answer to the first request of that command comes so much later */
export async function slowMongo(t: TestContext, url: string, command: string, ms: number): Promise<string> {
  const { hostname, port } = new URL(url);
  let isSlow = true;
  const server = createServer((near) => {
    const away = connect(Number(port || 27017), hostname);
    let due = 0;
    near.on('data', (request) => {
      if (isSlow && request.includes(command)) {
        isSlow = false;
        due = performance.now() + ms;
      }
      away.write(request);
    });
    away.on('data', (answer) => void setTimeout(() => near.write(answer), due - performance.now()));
    for (const [end, other] of [
      [near, away],
      [away, near],
    ] as const) {
      end.on('error', () => undefined);
      end.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const through = new URL(url);
  through.host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  through.searchParams.delete('replicaSet');
  through.searchParams.set('directConnection', 'true');
  return through.href;
}
