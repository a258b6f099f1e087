/**
 * Measures the event loop of a server. This module is loaded before the server's own code. `GET /` at the port
 * TURNS_PORT responds with the longest turn of the event loop since the last request, as JSON.
 */
import { createServer } from 'node:http';
import { isMainThread } from 'node:worker_threads';
import { startEventLoopTurnMeter } from './turn-meter.ts';

if (isMainThread) {
  const meter = startEventLoopTurnMeter();
  createServer((_, response) => {
    response.end(JSON.stringify(meter.longest()));
  })
    .listen(Number(process.env['TURNS_PORT']), '127.0.0.1')
    .unref();
}
