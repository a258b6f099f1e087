/**
 * Loaded into a server before its own code: measures the event loop of that server. `GET /` at the port TURNS_PORT
 * responds with the longest turn since the last request, in ms.
 */
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const NS_PER_MS = 1e6;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  createServer((_, response) => {
    response.end(String(delay.max / NS_PER_MS));
    delay.reset();
  })
    .listen(Number(process.env['TURNS_PORT']), '127.0.0.1')
    .unref();
}
