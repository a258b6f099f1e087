/** Publishes event schemas to a registry that has the API of Confluent's Schema Registry. */
import { topicNameSettings } from '@latchkey/backend';
import { type TopicNamesOnLog, topicNameOnLog } from '@latchkey/bus';
import {
  catalogue,
  eventJsonSchema,
  eventTypes,
  type JsonSchema,
  SECURITY_TOPIC,
  securityEventTypes,
} from '@latchkey/events';
import { parseJson, readConfig } from '@latchkey/process';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';

const JSON_TYPE = 'application/vnd.schemaregistry.v1+json';
const TIMEOUT_MS = 10_000;

const registrySettings = z.object({
  SCHEMA_REGISTRY_USER: z.string().optional(),
  SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
});

export function addSchemasCommand(program: OpsProgram, context: CommandContext): void {
  const schemas = program
    .command('schemas')
    .description('register the JSON Schemas of events in a schema registry')
    .addHelpText('after', formatExamples('schemas push http://localhost:8081'));

  schemas
    .command('push')
    .description('register the schema of each event, in a registry with the API of Confluent')
    .argument('<url>', 'the address of the registry')
    .addHelpText(
      'after',
      `\nCredentials: SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD.\n${formatExamples('schemas push http://localhost:8081')}`,
    )
    .action(async (url) => {
      const config = readConfig(topicNameSettings.extend(registrySettings.shape), context.environment);
      const registry = openRegistry(url, config);
      for (const { subject, schema } of subjects(config.TOPIC_NAMES)) {
        await registry.put(`/config/${encodeURIComponent(subject)}`, { compatibility: 'FORWARD' });
        const answer = await registry.post(`/subjects/${encodeURIComponent(subject)}/versions`, {
          schemaType: 'JSON',
          schema: JSON.stringify(schema),
        });
        context.print(`${subject}: ${registered.parse(answer).id}`);
      }
    });
}

const registered = z.object({ id: z.number() });
const refusal = z.object({ message: z.string() });

/**
 * Returns the schemas by subject. The names of the subjects follow Confluent's TopicRecordNameStrategy,
 * because that strategy allows events of several types on one topic.
 */
function subjects(
  names: TopicNamesOnLog,
): readonly { readonly subject: string; readonly schema: JsonSchema }[] {
  const topics = [
    ...eventTypes.map((type) => ({ type, topic: catalogue[type].topic })),
    ...securityEventTypes.map((type) => ({ type, topic: SECURITY_TOPIC })),
  ];
  return topics.map(({ type, topic }) => ({
    subject: `${topicNameOnLog(names, topic)}-${type}`,
    schema: eventJsonSchema(type),
  }));
}

interface Registry {
  put(path: string, body: object): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

function openRegistry(address: string, config: z.infer<typeof registrySettings>): Registry {
  const { SCHEMA_REGISTRY_USER: user, SCHEMA_REGISTRY_PASSWORD: password = '' } = config;
  const base = URL.parse(address);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new Error('the address must be an http(s) URL');
  const headers = {
    'Content-Type': JSON_TYPE,
    Accept: JSON_TYPE,
    ...(user !== undefined && {
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    }),
  };

  /**
   * Sends a request to the registry. @throws Error with a one-line message if the registry cannot be reached or
   * refuses the request
   */
  async function call(method: string, path: string, body: object): Promise<unknown> {
    const target = `${address.replace(/\/+$/, '')}${path}`;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(target, { method, headers, body: JSON.stringify(body), signal }).catch(
      (error: unknown) => {
        throw new Error(`the registry at ${base?.host} cannot be reached`, { cause: error });
      },
    );
    const answer = parseJson(await response.text());
    if (response.ok) return answer;
    const { data } = refusal.safeParse(answer);
    throw new Error(
      `${decodeURIComponent(path)}: the registry answered ${response.status} ${data?.message ?? ''}`.trimEnd(),
    );
  }
  return {
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
  };
}
