/**
 * Loaded into a server before its own code: measures the event loop of that server. `GET /` at the port TURNS_PORT
 * responds with the longest turn since the last request, as JSON.
 */
import { createServer } from 'node:http';
import { isMainThread } from 'node:worker_threads';
import { startTurnMeter } from './turn-meter.ts';

if (isMainThread) {
  const meter = startTurnMeter();
  createServer((_, response) => {
    response.end(JSON.stringify(meter.longest()));
  })
    .listen(Number(process.env['TURNS_PORT']), '127.0.0.1')
    .unref();
}
