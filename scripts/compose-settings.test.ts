/**
 * Tests that docker-compose.yml passes every setting on to a service. The test reads the file instead of running
 * `docker compose`, which needs Docker.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { authSettingsSchema } from '@latchkey/auth';
import { kafkaSettings, storeKindSettings, storeSettings } from '@latchkey/backend';
import { notifierSettingsSchema } from '@latchkey/notifier';
import { createServiceProcessSettingsSchema, describeSettings } from '@latchkey/process';
import { userSettingsSchema } from '@latchkey/user';

const root = join(import.meta.dirname, '..');
const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const example = readFileSync(join(root, '.env.example'), 'utf8');

/** Settings that docker-compose.yml passes to no service, each with the reason. */
const NOT_PASSED_ON: Readonly<Record<string, string>> = {
  HOST: 'set by the image',
  OPERATIONS_HOST: 'only the container itself asks for /readyz and /metrics',
  OPERATIONS_PORT: 'set by the image',
  STORE: 'the stack has MongoDB',
  KAFKA_SSL: 'set by deploy/compose.secure.yml',
  KAFKA_SASL_MECHANISM: 'set by deploy/compose.secure.yml',
  KAFKA_SASL_USERNAME: 'set by deploy/compose.secure.yml',
  KAFKA_SASL_PASSWORD: 'set by deploy/compose.secure.yml',
  MAIL_BOUNCE_HOST: 'the default is reachable through the published port',
  MAIL_OAUTH_TOKEN_FILE: 'another program replaces the file, so its folder must be mounted',
};

/**
 * Returns the lines of a YAML block in docker-compose.yml: the lines below a key that are indented more than the key.
 * @param key the key with its indentation
 */
function blockOf(key: string): readonly string[] {
  const lines = compose.split('\n');
  const first = lines.findIndex((line) => line.replace(/ &[\w-]+$/, '') === `${key}:`);
  assert.ok(first >= 0, key);
  const indent = lines[first]?.search(/\S/) ?? 0;
  const end = lines.findIndex((line, index) => index > first && line !== '' && line.search(/\S/) <= indent);
  return lines.slice(first + 1, end);
}

/**
 * Returns the names of the environment variables in a YAML block, including the variables of blocks that are merged
 * into it.
 */
function variablesIn(block: readonly string[]): ReadonlySet<string> {
  const merged = block.flatMap((line) => / <<: (.*)/.exec(line)?.[1]?.match(/(?<=\*)[\w-]+/g) ?? []);
  const own = block.flatMap((line) => /^ +([A-Z\d_]+):/.exec(line)?.[1] ?? []);
  return new Set([...own, ...merged.flatMap((name) => [...variablesIn(blockOf(`x-${name}`))])]);
}

/** Returns the names of the environment variables that docker-compose.yml passes to a service. */
function environmentOf(service: string): ReadonlySet<string> {
  const block = blockOf(`  ${service}`);
  return variablesIn(block.slice(block.findIndex((line) => line.trim() === 'environment:') + 1));
}

const common = [createServiceProcessSettingsSchema(0), kafkaSettings, storeSettings, storeKindSettings.mongo];
const services = { auth: authSettingsSchema, user: userSettingsSchema, notifier: notifierSettingsSchema };

function settingsOf(service: keyof typeof services): readonly string[] {
  return [...common, services[service]].flatMap(describeSettings).map(({ name }) => name);
}

for (const service of ['auth', 'user', 'notifier'] as const)
  test(`${service} gets every setting that it reads`, () => {
    const given = environmentOf(service);
    const missing = settingsOf(service).filter((name) => !given.has(name) && !given.has(`${name}_FILE`));
    assert.deepEqual(
      missing.filter((name) => !Object.hasOwn(NOT_PASSED_ON, name)),
      [],
    );
  });

test('every setting that is not passed on is a setting, and is not passed on', () => {
  const settings = new Set((['auth', 'user', 'notifier'] as const).flatMap(settingsOf));
  for (const name of Object.keys(NOT_PASSED_ON)) {
    assert.ok(settings.has(name), name);
    assert.doesNotMatch(compose, new RegExp(`^ +${name}:`, 'm'));
  }
});

test('the container of ops commands gets Kafka, MongoDB, and the settings of mails', () => {
  const given = environmentOf('ops');
  const needed = [...variablesIn(blockOf('x-servers')), ...variablesIn(blockOf('x-mail'))];
  for (const name of ['KAFKA_BROKERS', 'MONGO_URL', 'MAIL_SERVER']) assert.ok(needed.includes(name), name);
  for (const name of needed) assert.ok(given.has(name), name);
});

test('.env.example and docker-compose.yml have the same settings', () => {
  const read = new Set(compose.match(/(?<=\$\{)[A-Z_]+/g)?.filter((name) => !name.endsWith('_IMAGE')));
  const described = new Set(example.match(/^#?[A-Z_]+(?==)/gm)?.map((name) => name.replace('#', '')));
  assert.deepEqual([...described].toSorted(), [...read].toSorted());
});
