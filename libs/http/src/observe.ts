import { Histogram, type Registry } from 'prom-client';
import type { HttpExchange, Middleware } from './exchange.ts';

const DURATION = 'latchkey_http_request_duration_seconds';
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/**
 * The status that is logged if the client disconnected before the response was sent. nginx logs the same
 * status.
 */
const CLIENT_GONE = 499;

type Labels = 'method' | 'route' | 'status';

/**
 * Returns the histogram of request durations in a registry. Creates the histogram only if it does not exist,
 * because several handlers of a process may share the registry.
 */
function durations(registry: Registry): Histogram<Labels> {
  const existing = registry.getSingleMetric(DURATION);
  if (existing instanceof Histogram) return existing;
  return new Histogram({
    name: DURATION,
    help: 'From the request head to the end of the answer, by route pattern.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
}

/**
 * Logs and measures each request. Uses the route's path pattern, because the actual path may contain a
 * secret.
 */
export function createRequestObserver(registry: Registry): Middleware {
  const histogram = durations(registry);
  return async (exchange, next) => {
    const from = performance.now();
    exchange.res.once('close', () => record(exchange, performance.now() - from, histogram));
    await next();
  };
}

function record(exchange: HttpExchange, ms: number, histogram: Histogram<Labels>): void {
  const { request, route } = exchange.state;
  const status = exchange.res.writableFinished ? exchange.res.statusCode : CLIENT_GONE;
  const labels = {
    method: knownMethod(request.method),
    route: route?.path ?? 'none',
    status: String(status),
  };
  histogram.observe(labels, ms / 1000);
  const line = { ...labels, status, ms: Math.round(ms * 100) / 100 };
  if (route?.quiet === true) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Returns the HTTP method if it is a known one, otherwise `other`, so that a client can create only a limited
 * number of time series.
 */
function knownMethod(method: string): string {
  return METHODS.has(method) ? method : 'other';
}
