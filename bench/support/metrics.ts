import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

/**
 * A metric of a server, summed over its labels; 0 while nothing was counted yet.
 * @throws Error where there is no such metric
 */
export async function readMetric(url: string, name: string): Promise<number> {
  // Over a connection of its own: one from before may be closed while the server is left alone.
  const [answer]: IncomingMessage[] = await once(get(`${url}/metrics`, { agent: false }), 'response');
  const text = answer ? await textOf(answer) : '';
  if (!text.includes(`# TYPE ${name.replace(/_count$/, '')} `)) throw new Error(`there is no metric ${name}`);
  const isSample = new RegExp(`^${name}(\\{.*\\})? `);
  return text
    .split('\n')
    .filter((line) => isSample.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
