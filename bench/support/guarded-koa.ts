/**
 * Starts a koa server in a separate process. The route `/bare` has no guard, `/guarded` has a guard that
 * checks access tokens, and `/cpu` returns the CPU time that the server has used so far.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGuard } from '@latchkey/guard';
import { koaGuard } from '@latchkey/guard/koa';
import { createTestTokens } from '@latchkey/guard/testing';
import Koa from 'koa';

const TOKENS = Number(process.argv[2]);

const tokens = await createTestTokens();
const check = koaGuard(createGuard(tokens.options)).role('user');
const app = new Koa();
app.use(async (context) => {
  if (context.path === '/cpu') context.body = String(cpuMs());
  else if (context.path === '/tokens')
    context.body = await Promise.all(Array.from({ length: TOKENS }, () => tokens.sign()));
  else if (context.path === '/guarded') await check(context, async () => greet(context));
  else greet(context);
});

function greet(context: Koa.Context): void {
  context.body = 'hello';
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
