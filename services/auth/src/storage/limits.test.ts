import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryOnConcurrentWrite } from '@latchkey/mongo';
import mongoose from 'mongoose';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { createUniformLimitRules } from '../ports/testing/limit-rules.ts';
import { createCountingRateLimits } from './limits.ts';

const once = { points: 1, seconds: 3600 };
const rules = createUniformLimitRules(once);

/**
 * A limiter whose first calls fail with the write conflict that MongoDB reports when two clients write one
 * document concurrently.
 */
class ContestedLimiter extends RateLimiterMemory {
  conflicts = 2;

  override async consume(key: string, points: number) {
    this.conflicts -= 1;
    if (this.conflicts >= 0) throw new mongoose.mongo.MongoServerError({ message: 'conflict', code: 112 });
    return super.consume(key, points);
  }
}

test('a count that collided with another is repeated, and taken once', async () => {
  const limiter = new ContestedLimiter({ points: once.points, duration: once.seconds });
  const limits = createCountingRateLimits(rules, {
    limiterFor: () => limiter,
    uncertainty: () => undefined,
    giveBack: async () => undefined,
    repeating: retryOnConcurrentWrite,
  });
  assert.deepEqual(await limits.take('login-ip', '192.0.2.1'), { allowed: true });
  assert.equal((await limits.take('login-ip', '192.0.2.1')).allowed, false);
});
