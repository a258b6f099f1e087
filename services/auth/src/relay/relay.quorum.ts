/**
 * Tests the guarantee of the relay on a real Kafka cluster with three brokers and three replicas, of which at
 * least two must be in sync. The test kills one partition leader after another with SIGKILL, each while a
 * send to several brokers is in progress. It then reads the topic with plain kafkajs, and compares it with
 * the commits that were marked as published.
 * Run with `KAFKA_NODES_COMMAND=… npm run test:quorum`. Environment variables:
 * - `KAFKA_NODES_COMMAND`: the command that starts and kills brokers, see libs/bus/src/kafka/testing/nodes.ts
 * - `QUORUM_KILLS`: how many leaders are killed during a send (default 3)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQuorumTrial } from './testing/quorum-trial.ts';

const KILLS = Number(process.env['QUORUM_KILLS'] ?? 3);

test(`leaders are killed inside sends to several brokers, and nothing is marked that is not on the topic`, async (context) => {
  await using trial = await createQuorumTrial();
  trial.startWriting();
  let [hits, misses] = [0, 0];
  // Returns whether the trial has killed enough partition leaders and has seen enough failed sends. Not every
  // kill makes a send fail, because the response may already be on its way.
  function areEnough(): boolean {
    return hits >= KILLS && trial.counts().failedSends >= KILLS / 2;
  }
  while (!areEnough() && hits < 10 * KILLS) {
    const hit = await trial.killLeaderInsideSend();
    if (hit) hits += 1;
    else misses += 1;
    await trial.recover();
  }
  await trial.finishWriting();
  const verdict = await trial.compare();

  const { sends, failedSends } = trial.counts();
  context.diagnostic(`${hits} leaders killed inside a send, ${misses} between sends`);
  context.diagnostic(`${sends} sends, ${failedSends} of them failed`);
  context.diagnostic(
    `${verdict.commits} commits, ${verdict.records} records, ${verdict.duplicates} duplicates, ${verdict.lost.length} lost`,
  );
  assert.deepEqual(verdict.lost, [], 'marked as published, and not on the topic');
  assert.deepEqual(verdict.disordered, [], 'accounts whose first occurrences are not 1, 2, 3, …');
  assert.deepEqual(verdict.unpublished, 0, 'commits that still wait');
  assert.ok(failedSends >= KILLS / 2, 'kills made sends fail');
});
